import type { Subscription } from '@yardmaster/domain'

/** Most hint text kept for one subscriber between two looks, in bytes. */
export const HINTS_KEPT_BYTES = 262_144
/** Longest hint that is passed on (`EventBus.publish`); a longer one is left out, the event itself is not. */
export const HINT_LIMIT_BYTES = 131_072
/** What Node's timers can count; above it they fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

/** What is woken by the events of a topic. A hint is as it was published; `bytes`: its length. */
export interface Subscriber {
  wake(hint: string | undefined, bytes: number): void
}

/** The subscribers of this process by topic; both event buses wake them through here. */
export class LocalTopics {
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  readonly #onEmpty: (topic: string) => void

  /** @param onEmpty - called when the last subscriber of a topic has gone. */
  constructor(onEmpty: (topic: string) => void = () => {}) {
    this.#onEmpty = onEmpty
  }

  has(topic: string): boolean {
    return this.#subscribers.has(topic)
  }

  /** Topics with at least one subscriber. */
  topics(): Iterable<string> {
    return this.#subscribers.keys()
  }

  /** A subscription that is not among the subscribers yet. */
  open(topic: string): LocalSubscription {
    return new LocalSubscription(topic, this)
  }

  add(topic: string, subscriber: Subscriber): void {
    const present = this.#subscribers.get(topic)
    if (present) present.add(subscriber)
    else this.#subscribers.set(topic, new Set([subscriber]))
  }

  remove(topic: string, subscriber: Subscriber): void {
    const present = this.#subscribers.get(topic)
    if (!present?.delete(subscriber) || present.size > 0) return
    this.#subscribers.delete(topic)
    this.#onEmpty(topic)
  }

  wake(topic: string, hint: string | undefined): void {
    const bytes = hint === undefined ? 0 : Buffer.byteLength(hint)
    const carried = bytes > HINT_LIMIT_BYTES ? undefined : hint
    for (const subscriber of this.#subscribers.get(topic) ?? []) subscriber.wake(carried, bytes)
  }

  /** Events may have been lost: everybody looks again. */
  wakeAll(): void {
    for (const subscribers of this.#subscribers.values()) {
      for (const subscriber of subscribers) subscriber.wake(undefined, 0)
    }
  }
}

/** One reader's place in a topic. There may be thousands, so it holds next to nothing while nothing happens. */
export class LocalSubscription implements Subscription, Subscriber {
  readonly topic: string
  readonly #topics: LocalTopics
  #events = false
  /** Null after an event that no hint tells of: what hints there were are then not the whole story. */
  #hints: string[] | null = null
  #hintBytes = 0
  #endWait: (() => void) | null = null

  constructor(topic: string, topics: LocalTopics) {
    this.topic = topic
    this.#topics = topics
  }

  wake(hint: string | undefined, bytes: number): void {
    const complete = !this.#events || this.#hints !== null
    this.#events = true
    this.#hintBytes += bytes
    if (hint === undefined || !complete || this.#hintBytes > HINTS_KEPT_BYTES) this.#hints = null
    else if (this.#hints) this.#hints.push(hint)
    else this.#hints = [hint]
    this.#endWait?.()
  }

  /** One reader at a time: a second call ends the first, which then reports nothing. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<{ events: boolean; hints: readonly string[] }> {
    this.#endWait?.()
    if (this.#events || signal?.aborted) return Promise.resolve(this.#take())
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        this.#endWait = null
        resolve(this.#take())
      }
      const timer = setTimeout(end, Math.min(timeoutMs, LONGEST_TIMEOUT_MS))
      signal?.addEventListener('abort', end, { once: true })
      this.#endWait = end
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#topics.remove(this.topic, this)
    this.#endWait?.()
  }

  #take(): { events: boolean; hints: readonly string[] } {
    const taken = { events: this.#events, hints: this.#hints ?? [] }
    this.#events = false
    this.#hints = null
    this.#hintBytes = 0
    return taken
  }
}
