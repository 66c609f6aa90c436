import type { EventBus, Subscription } from '../ports.ts'

/** The most hint text kept between two waits, in characters. */
const HINTS_KEPT = 131_072

interface Subscriber {
  wake(hint?: string): void
}

/** For tests. Returns an event bus in memory, in which no event is lost. */
export function memoryEvents(): EventBus & AsyncDisposable {
  const topics = new Map<string, Set<Subscriber>>()
  let closed = false

  function add(topic: string, subscriber: Subscriber): void {
    if (closed) throw new Error('The event bus is closed')
    topics.set(topic, (topics.get(topic) ?? new Set()).add(subscriber))
  }
  const remove = (topic: string, subscriber: Subscriber) => void topics.get(topic)?.delete(subscriber)

  return {
    get healthy() {
      return !closed
    },
    async publish(topic, hint) {
      for (const subscriber of topics.get(topic) ?? []) subscriber.wake(hint)
    },
    async subscribe(topic) {
      const subscription = openSubscription(() => remove(topic, subscription))
      add(topic, subscription)
      return subscription
    },
    listen: async (topic, listener) => add(topic, listener),
    unlisten: remove,
    async [Symbol.asyncDispose]() {
      closed = true
      for (const subscribers of topics.values()) for (const subscriber of subscribers) subscriber.wake()
    },
  }
}

function openSubscription(leave: () => void): Subscription & Subscriber {
  let events = false
  /** Null when not every event since the last wait had a hint that could be kept. */
  let hints: string[] | null = []
  let endWait = () => {}

  return {
    wake(hint) {
      events = true
      if (hint === undefined) hints = null
      else hints?.push(hint)
      if (hints && hints.join('').length > HINTS_KEPT) hints = null
      endWait()
    },
    async wait(timeoutMs, signal) {
      if (!events && !signal?.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const end = () => resolve()
        const timer = setTimeout(end, timeoutMs)
        signal?.addEventListener('abort', end)
        endWait = end
        await promise
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
      }
      const waited = { events, hints: hints ?? [] }
      events = false
      hints = []
      return waited
    },
    async [Symbol.asyncDispose]() {
      leave()
      endWait()
    },
  }
}
