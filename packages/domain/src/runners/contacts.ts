import type { Contact, RunnerStore } from '../ports.ts'

/** The sender of a poll, by the values in its request, which is not authenticated. */
export interface Caller {
  readonly tokenDigest: string
  readonly systemId: string
}

type Known = Pick<Contact, 'runnerId' | 'managerId'>

/** Collects heartbeats and writes them in batches: an idle poll costs no SQL (`docs/protocol/common.md 9`). */
export interface Contacts {
  /** Records that a runner, through one of its managers, has just been in contact. Costs a map entry. */
  note(contact: Contact): void
  /** Remembers an authenticated caller, so that its next polls without a search are recognised. */
  remember(caller: Caller, known: Known): void
  /** Records that a remembered caller asked for work. Returns false if the caller is unknown and must authenticate. */
  noteCaller(caller: Caller, contact: Pick<Contact, 'at' | 'ipAddress'>): boolean
  /** Records that a remembered caller asked for work. While it is held, it is in contact, until this is disposed of. */
  hold(caller: Caller, ipAddress: string | null): Disposable
  /** Writes the collected contacts; of held callers only those that were not written for half a minute. */
  write(): Promise<void>
  /** Writes all contacts. Reads that show contact times call it first, so that they are up to date. */
  flush(): Promise<void>
}

const UNKNOWN: Disposable = { [Symbol.dispose]() {} }

const REMEMBERED_CALLERS = 50_000
/** There may be ten thousand held callers. */
const HELD_WRITTEN_MS = 30_000

/** A caller that waits for work, until it is disposed of. */
class Held implements Disposable {
  readonly known: Known
  readonly ipAddress: string | null
  notedAt = 0
  readonly #release: (held: Held) => void

  constructor(known: Known, ipAddress: string | null, release: (held: Held) => void) {
    this.known = known
    this.ipAddress = ipAddress
    this.#release = release
  }

  [Symbol.dispose](): void {
    this.#release(this)
  }
}

/** Returns the later of two contacts, completed by what only the earlier one has. */
const merged = (earlier: Contact, later: Contact): Contact => ({
  ...later,
  ipAddress: later.ipAddress ?? earlier.ipAddress,
  askedAt: later.askedAt ?? earlier.askedAt ?? null,
})

/** Collects one contact per manager, the latest. After a failed write they are kept for the next flush. */
export function collectContacts(
  runners: Pick<RunnerStore, 'recordContacts'>,
  now: () => Date = () => new Date(),
): Contacts {
  let collected = new Map<string, Contact>()
  let writing: Promise<void> | null = null
  const callers = new Map<string, Known>()
  const held = new Set<Held>()

  const callerKey = ({ tokenDigest, systemId }: Caller): string => `${tokenDigest}${systemId}`

  function note(contact: Contact): void {
    const key = `${contact.runnerId}/${contact.managerId ?? ''}`
    const previous = collected.get(key)
    collected.set(key, previous ? merged(previous, contact) : contact)
  }

  function noteHeld(one: Held, at: Date, askedAt: Date | null = null): void {
    one.notedAt = at.getTime()
    note({ ...one.known, ipAddress: one.ipAddress, at, askedAt })
  }

  const release = (one: Held): void => {
    if (held.delete(one)) noteHeld(one, now())
  }

  async function writeBatch(): Promise<void> {
    const batch = collected
    collected = new Map()
    try {
      await runners.recordContacts([...batch.values()])
    } catch (error) {
      for (const [key, contact] of batch) {
        const later = collected.get(key)
        collected.set(key, later ? merged(contact, later) : contact)
      }
      throw error
    }
  }

  async function writeCollected(): Promise<void> {
    // One write at a time: a second caller waits for it, then writes what came since.
    while (writing) await writing.catch(() => undefined)
    if (collected.size === 0) return
    writing = writeBatch().finally(() => {
      writing = null
    })
    await writing
  }

  return {
    note,
    remember(caller, known) {
      if (callers.size >= REMEMBERED_CALLERS) callers.delete(callers.keys().next().value ?? '')
      callers.set(callerKey(caller), known)
    },
    noteCaller(caller, contact) {
      const known = callers.get(callerKey(caller))
      if (known) note({ ...known, ...contact, askedAt: contact.at })
      return known !== undefined
    },
    hold(caller, ipAddress) {
      const known = callers.get(callerKey(caller))
      // An unknown caller: there is nothing to record.
      if (!known) return UNKNOWN
      const one = new Held(known, ipAddress, release)
      held.add(one)
      const at = now()
      noteHeld(one, at, at)
      return one
    },
    async write() {
      const at = now()
      for (const one of held) if (at.getTime() - one.notedAt >= HELD_WRITTEN_MS) noteHeld(one, at)
      await writeCollected()
    },
    async flush() {
      const at = now()
      for (const one of held) noteHeld(one, at)
      await writeCollected()
    },
  }
}
