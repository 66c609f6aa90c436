import type { Subscription } from '@yardmaster/domain/ports'

/** The most hint text kept for one subscriber between two waits, in bytes. */
const HINTS_KEPT_BYTES = 262_144
/**
 * The longest hint that is passed on, in bytes (`EventBus.publish`). An event with a longer one loses only the hint.
 */
export const HINT_LIMIT_BYTES = 131_072
/** The limit of Node's timers in milliseconds; longer ones fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

/** Woken by the events of a topic, with the hint as published and its length in bytes. */
export interface Subscriber {
  wake(hint: string | undefined, bytes: number): void
}

/** The subscribers of this process by topic; both event buses wake them through here. */
export class LocalTopics {
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  readonly #onEmpty: (topic: string) => void

  /** @param onEmpty - called when the last subscriber of a topic has left. */
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

  /** Returns a subscription that is not added to the subscribers yet. */
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

  /** Wakes every subscriber, because events may have been lost. */
  wakeAll(): void {
    for (const subscribers of this.#subscribers.values()) {
      for (const subscriber of subscribers) subscriber.wake(undefined, 0)
    }
  }
}

/** One reader's subscription to a topic. There may be thousands, so an idle one takes hardly any memory. */
export class LocalSubscription implements Subscription, Subscriber {
  readonly topic: string
  readonly #topics: LocalTopics
  #events = false
  /** Null without hints, and after an event without one: the other hints are then incomplete. */
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
