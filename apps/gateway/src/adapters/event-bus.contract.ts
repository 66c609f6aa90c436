import type { EventBus, Subscription } from '@yardmaster/domain/ports'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const LONG = 60_000
const NOW = 0
const NOTHING = { events: false, hints: [] }

/** What every event bus must do. Each adapter's test file calls this, and adds what its own channel can do wrong. */
export function eventBusContract(name: string, open: () => Promise<EventBus & AsyncDisposable>): void {
  describe(`${name} keeps the event bus contract`, () => {
    let bus: EventBus & AsyncDisposable
    beforeEach(async () => {
      bus = await open()
    })
    afterEach(() => bus[Symbol.asyncDispose]())

    it('is healthy once open', () => {
      expect(bus.healthy).toBe(true)
    })

    it('wakes a waiting subscriber with the hint', async () => {
      await using job = await bus.subscribe('job:1')
      const woken = job.wait(LONG)
      await bus.publish('job:1', '0-5')
      expect(await woken).toEqual({ events: true, hints: ['0-5'] })
    })

    it('has woken the subscribers of its own process by the time publish resolves', async () => {
      await using job = await bus.subscribe('job:1')
      await bus.publish('job:1', '0-5')
      expect(await job.wait(NOW)).toEqual({ events: true, hints: ['0-5'] })
    })

    it('reports each event once', async () => {
      await using job = await bus.subscribe('job:1')
      await bus.publish('job:1', '0-5')
      await job.wait(LONG)
      expect(await job.wait(50)).toEqual(NOTHING)
    })

    it('merges the events between two calls, hints in order', async () => {
      await using job = await bus.subscribe('job:1')
      await bus.publish('job:1', 'a')
      await bus.publish('job:1', 'b')
      expect(await job.wait(NOW)).toEqual({ events: true, hints: ['a', 'b'] })
    })

    it('wakes every subscriber of the topic and no other', async () => {
      await using first = await bus.subscribe('job:1')
      await using second = await bus.subscribe('job:1')
      await using other = await bus.subscribe('job:10')
      await bus.publish('job:1')
      expect((await first.wait(NOW)).events).toBe(true)
      expect((await second.wait(NOW)).events).toBe(true)
      expect(await other.wait(NOW)).toEqual(NOTHING)
    })

    it('keeps a topic alive until its last subscriber is gone', async () => {
      const first = await bus.subscribe('job:1')
      await using second = await bus.subscribe('job:1')
      await first[Symbol.asyncDispose]()
      await first[Symbol.asyncDispose]()
      await bus.publish('job:1')
      expect((await second.wait(NOW)).events).toBe(true)
    })

    it('resumes a topic after its last subscriber has left', async () => {
      const first = await bus.subscribe('job:1')
      await first[Symbol.asyncDispose]()
      await using second = await bus.subscribe('job:1')
      await bus.publish('job:1', 'a')
      expect(await second.wait(NOW)).toEqual({ events: true, hints: ['a'] })
    })

    it('reports nothing after the time-out', async () => {
      await using job = await bus.subscribe('job:1')
      expect(await job.wait(20)).toEqual(NOTHING)
    })

    it('ends a wait when the signal aborts, or has aborted before', async () => {
      await using job = await bus.subscribe('job:1')
      const stop = new AbortController()
      const woken = job.wait(LONG, stop.signal)
      stop.abort()
      expect(await woken).toEqual(NOTHING)
      expect(await job.wait(LONG, stop.signal)).toEqual(NOTHING)
    })

    it('ends a wait when the subscription is disposed', async () => {
      const job = await bus.subscribe('job:1')
      const woken = job.wait(LONG)
      await job[Symbol.asyncDispose]()
      expect(await woken).toEqual(NOTHING)
    })

    it('ends every wait when the bus closes', async () => {
      const job = await bus.subscribe('job:1')
      const woken = job.wait(LONG)
      await bus[Symbol.asyncDispose]()
      expect((await woken).events).toBe(true)
      await expect(bus.subscribe('job:2')).rejects.toThrow('closed')
      await bus.publish('job:1')
    })

    it('drops all hints when there are more than it keeps', async () => {
      await using job = await bus.subscribe('job:1')
      for (const letter of 'abcde') await bus.publish('job:1', letter.repeat(65_536))
      expect(await job.wait(NOW)).toEqual({ events: true, hints: [] })
      await bus.publish('job:1', 'f')
      expect(await job.wait(NOW)).toEqual({ events: true, hints: ['f'] })
    })

    it('drops all hints when an event comes without one, before or after', async () => {
      await using job = await bus.subscribe('job:1')
      await bus.publish('job:1', 'a')
      await bus.publish('job:1')
      await bus.publish('job:1', 'b')
      expect(await job.wait(NOW)).toEqual({ events: true, hints: [] })
    })

    it('passes an event on without a hint that is too long', async () => {
      await using job = await bus.subscribe('job:1')
      await bus.publish('job:1', 'a'.repeat(131_073))
      expect(await job.wait(NOW)).toEqual({ events: true, hints: [] })
    })

    it('publishes without error when there is no subscriber', async () => {
      await bus.publish('job:1', 'a')
    })

    it('leaves no listener on the signal after a wait', async () => {
      await using job = await bus.subscribe('job:1')
      const signal = countingSignal()
      for (let round = 0; round < 3; round++) {
        const woken = job.wait(LONG, signal)
        await bus.publish('job:1')
        await woken
        await job.wait(1, signal)
      }
      expect(signal.listeners).toBe(0)
    })

    it('wakes listeners like subscribers, each time, until they stop listening', async () => {
      const [first, second, other] = [listener(), listener(), listener()]
      await bus.listen('job:1', first)
      await bus.listen('job:1', second)
      await bus.listen('job:10', other)
      await using subscription = await bus.subscribe('job:1')
      await bus.publish('job:1', 'a hint')
      bus.unlisten('job:1', second)
      bus.unlisten('job:1', second)
      await bus.publish('job:1')
      expect([first.hints, second.hints, other.hints]).toEqual([['a hint', undefined], ['a hint'], []])
      expect((await subscription.wait(NOW)).events).toBe(true)
    })

    it('keeps a topic alive for its last listener, and resumes it', async () => {
      const [first, last] = [listener(), listener()]
      const subscription = await bus.subscribe('job:1')
      await bus.listen('job:1', last)
      await subscription[Symbol.asyncDispose]()
      await bus.publish('job:1')
      bus.unlisten('job:1', last)
      await bus.listen('job:1', first)
      await bus.publish('job:1')
      expect([first.hints, last.hints]).toEqual([[undefined], [undefined]])
    })

    it('wakes its listeners when it closes, and refuses new ones', async () => {
      const [before, after] = [listener(), listener()]
      await bus.listen('job:1', before)
      await bus[Symbol.asyncDispose]()
      expect(before.hints).toEqual([undefined])
      await expect(bus.listen('job:1', after)).rejects.toThrow('closed')
    })

    it('holds thousands of topics with one subscriber each', async () => {
      const topics = Array.from({ length: 5_000 }, (_, index) => `runner:${index}`)
      const subscriptions = await subscribeToAll(bus, topics)
      await bus.publish('runner:4999')
      const [first, last] = [subscriptions.at(0), subscriptions.at(-1)]
      expect(await first?.wait(NOW)).toEqual(NOTHING)
      expect(await last?.wait(NOW)).toEqual({ events: true, hints: [] })
      for (const subscription of subscriptions) await subscription[Symbol.asyncDispose]()
    })
  })
}

/**
 * Subscribes to topics, some at a time: a command behind too many others times out. On a busy machine any may, and is
 * repeated.
 */
export async function subscribeToAll(bus: EventBus, topics: readonly string[]): Promise<Subscription[]> {
  const subscriptions: Subscription[] = []
  for (let at = 0; at < topics.length; at += 100) {
    const some = topics.slice(at, at + 100)
    subscriptions.push(...(await Promise.all(some.map((topic) => vi.waitFor(() => bus.subscribe(topic), 240_000)))))
  }
  return subscriptions
}

/** Remembers the hints that it is woken with. */
const listener = () => ({
  hints: [] as (string | undefined)[],
  wake(hint?: string) {
    this.hints.push(hint)
  },
})

/** A signal that knows how many listeners it has. */
function countingSignal(): AbortSignal & { readonly listeners: number } {
  let listeners = 0
  const { signal } = new AbortController()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  return Object.defineProperties(signal, {
    listeners: { get: () => listeners },
    addEventListener: {
      value: (...args: Parameters<typeof add>) => {
        listeners++
        add(...args)
      },
    },
    removeEventListener: {
      value: (...args: Parameters<typeof remove>) => {
        listeners--
        remove(...args)
      },
    },
  }) as AbortSignal & { readonly listeners: number }
}
