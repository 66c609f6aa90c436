import { randomBytes } from 'node:crypto'
import type { Services } from '../services.ts'

/** Where segments lie; the id of a job takes the middle part for objects of its own. */
const PREFIX = 'traces/segments/'
/** Keys announced together. */
const KEYS = 64
/** After this time an unused key is removed as a stray. */
const ANNOUNCED_MS = 3_600_000
/** The clocks of several processes differ by less than the rest, and no object is written for longer. */
const USABLE_MS = ANNOUNCED_MS / 2

type KeyPorts = Pick<Services, 'artifacts' | 'background' | 'clock'>

/** Returns a new key for a segment. */
export const segmentKey = (): string => `${PREFIX}${randomBytes(15).toString('base64url')}`

/** Deletes announced objects that no row names. What is left after a failure is deleted later, as strays. */
export async function discardObjects(
  { artifacts, objects }: Pick<Services, 'artifacts' | 'objects'>,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return
  await objects.delete(keys)
  await artifacts.forget(keys)
}

/** Announces objects that are about to be written: those that no row names by then are deleted in an hour. */
export async function announceObjects(
  { artifacts, clock }: Pick<KeyPorts, 'artifacts' | 'clock'>,
  keys: readonly string[],
): Promise<void> {
  await artifacts.announce(keys, new Date(clock.now().getTime() + ANNOUNCED_MS))
}

/**
 * Keeps keys of segments that are announced before they are needed, so that no patch waits for that. Those that are not
 * used cost nothing but a row.
 */
export class SegmentKeys {
  readonly #ports: KeyPorts
  #ready: string[] = []
  #usableUntil = Number.NEGATIVE_INFINITY
  #announcing: Promise<void> | null = null

  constructor(ports: KeyPorts) {
    this.#ports = ports
  }

  /** Returns an announced key. Waits only if there is none, and sees to it that there soon are more. */
  async next(): Promise<string> {
    for (;;) {
      if (this.#ports.clock.now().getTime() > this.#usableUntil) this.#ready = []
      const key = this.#ready.pop()
      if (this.#ready.length < KEYS / 2 && !this.#announcing) {
        this.#ports.background.run('announce segments', () => this.#announce())
      }
      if (key !== undefined) return key
      await this.#announce()
    }
  }

  #announce(): Promise<void> {
    this.#announcing ??= this.#announceMore().finally(() => {
      this.#announcing = null
    })
    return this.#announcing
  }

  async #announceMore(): Promise<void> {
    const begun = this.#ports.clock.now().getTime()
    const keys = Array.from({ length: KEYS }, segmentKey)
    await announceObjects(this.#ports, keys)
    // The older ones are used up first, or given up together with the new ones.
    if (this.#ready.length === 0) this.#usableUntil = begun + USABLE_MS
    this.#ready.unshift(...keys)
  }
}
