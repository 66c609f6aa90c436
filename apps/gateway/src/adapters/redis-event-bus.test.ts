import { openWire } from '@yardmaster/db/testing'
import type { Subscription } from '@yardmaster/domain/ports'
import { describe, expect, it, vi } from 'vitest'
import { eventBusContract, subscribeToAll } from './event-bus.contract.ts'
import { RedisEventBus } from './redis-event-bus.ts'
import { redisDatabase } from './testing.ts'

const url = redisDatabase(1)
const LONG = 60_000
const NOW = 0
const patience = { timeout: 240_000 }

/** Publishes until the subscriber has the hint: while a connection is down, events get lost. */
const expectToReceive = (subscriber: Subscription | undefined, publish: () => Promise<void>, hint: string) =>
  vi.waitFor(async () => {
    await publish()
    expect((await subscriber?.wait(100))?.hints).toContain(hint)
  }, patience)

describe.skipIf(!url)('Redis', () => {
  eventBusContract('The event bus over Redis', () => RedisEventBus.open(url, () => {}))

  it('wakes the subscribers of another process, with the hint', async () => {
    await using here = await RedisEventBus.open(url, () => {})
    await using there = await RedisEventBus.open(url, () => {})
    await using job = await there.subscribe('job:1')
    const hint = `0 65536 ${'ä'.repeat(40_000)}`
    await here.publish('job:1', hint)
    expect(await job.wait(LONG)).toEqual({ events: true, hints: [hint] })
    await here.publish('job:1', '')
    expect(await job.wait(LONG)).toEqual({ events: true, hints: [''] })
    await here.publish('job:1')
    expect(await job.wait(LONG)).toEqual({ events: true, hints: [] })
  })

  it('does not receive its own events a second time', async () => {
    await using here = await RedisEventBus.open(url, () => {})
    await using there = await RedisEventBus.open(url, () => {})
    await using mine = await here.subscribe('job:1')
    await here.publish('job:1', 'mine')
    // Redis keeps the order, so a second copy of the own event would arrive before the other one's.
    await vi.waitFor(async () => {
      await there.publish('job:1', 'theirs')
      const { hints } = await mine.wait(100)
      expect(hints).toContain('theirs')
    }, patience)
    expect((await mine.wait(100)).hints).not.toContain('mine')
  })

  it.each([
    ['in another database', () => RedisEventBus.open(redisDatabase(2), () => {})],
    ['with another namespace', () => RedisEventBus.open(url, () => {}, 'yardmaster:other')],
  ])('receives nothing from a Yardmaster %s of the same Redis', async (_, openStranger) => {
    await using stranger = await openStranger()
    await using here = await RedisEventBus.open(url, () => {})
    await using there = await RedisEventBus.open(url, () => {})
    await using job = await here.subscribe('job:1')
    await stranger.publish('job:1', 'strange')
    await vi.waitFor(async () => {
      await there.publish('job:1', 'known')
      const { hints } = await job.wait(100)
      expect(hints).toContain('known')
      expect(hints).not.toContain('strange')
    }, patience)
  })

  it('sends what is published just before it closes', async () => {
    const here = await RedisEventBus.open(url, () => {})
    await using there = await RedisEventBus.open(url, () => {})
    await using job = await there.subscribe('job:1')
    await here.publish('job:1', 'last')
    await here[Symbol.asyncDispose]()
    expect((await job.wait(LONG)).hints).toEqual(['last'])
  })

  it('stays correct while topics are subscribed and left at random', async () => {
    await using here = await RedisEventBus.open(url, () => {})
    await using there = await RedisEventBus.open(url, () => {})
    for (let round = 0; round < 50; round++) {
      const gone = here.subscribe('job:1').then((job) => job[Symbol.asyncDispose]())
      const stays = here.subscribe('job:1')
      if (round % 2) await gone
      await using job = await stays
      await there.publish('job:1', String(round))
      expect((await job.wait(LONG)).hints).toContain(String(round))
      await gone
    }
  })

  it('opens without Redis: unhealthy, refusing subscribers, publishing without error', async () => {
    await using wire = await openWire(url)
    wire.cut()
    const log = vi.fn()
    await using bus = await RedisEventBus.open(wire.url, log)
    expect(bus.healthy).toBe(false)
    await expect(bus.subscribe('job:1')).rejects.toThrow('Redis is away')
    await bus.publish('job:1', 'a')
    wire.mend()
    await vi.waitFor(() => expect(bus.healthy).toBe(true), patience)
    await using job = await bus.subscribe('job:1')
    expect((await job.wait(NOW)).events).toBe(false)
    expect(log).toHaveBeenCalledTimes(4)
  })

  it('wakes all subscribers when the connection breaks and when it is back, and then receives events', async () => {
    await using wire = await openWire(url)
    await using bus = await RedisEventBus.open(wire.url, () => {})
    await using elsewhere = await RedisEventBus.open(url, () => {})
    await using first = await bus.subscribe('job:1')
    await using second = await bus.subscribe('job:2')

    wire.cut()
    expect([await first.wait(LONG), await second.wait(LONG)]).toEqual(Array(2).fill({ events: true, hints: [] }))
    expect(bus.healthy).toBe(false)
    await bus.publish('job:1', 'local')
    expect(await first.wait(NOW)).toEqual({ events: true, hints: ['local'] })

    wire.mend()
    expect([await first.wait(LONG), await second.wait(LONG)]).toEqual(Array(2).fill({ events: true, hints: [] }))
    await vi.waitFor(() => expect(bus.healthy).toBe(true), patience)
    await expectToReceive(second, () => elsewhere.publish('job:2', 'from elsewhere'), 'from elsewhere')
  })

  it('resumes thousands of topics after a break', async () => {
    await using wire = await openWire(url)
    await using bus = await RedisEventBus.open(wire.url, () => {})
    await using elsewhere = await RedisEventBus.open(url, () => {})
    const topics = Array.from({ length: 2_500 }, (_, index) => `runner:${index}`)
    const runners = await subscribeToAll(bus, topics)
    wire.cut()
    await vi.waitFor(() => expect(bus.healthy).toBe(false), patience)
    await runners[7]?.[Symbol.asyncDispose]()
    wire.mend()
    await vi.waitFor(() => expect(bus.healthy).toBe(true), patience)
    await Promise.all(runners.map((runner) => runner.wait(NOW)))
    await expectToReceive(runners[2_499], () => elsewhere.publish('runner:2499', 'a'), 'a')
  })

  it('receives events again after its connections were swallowed while new ones pass', async () => {
    await using wire = await openWire(url)
    await using bus = await RedisEventBus.open(wire.url, () => {})
    await using elsewhere = await RedisEventBus.open(url, () => {})
    await using first = await bus.subscribe('job:1')
    wire.swallow()
    // It is woken because it may have missed something, and then receives later events.
    expect(await first.wait(LONG)).toEqual({ events: true, hints: [] })
    await vi.waitFor(() => expect(bus.healthy).toBe(true), patience)
    await first.wait(NOW)
    await expectToReceive(first, () => elsewhere.publish('job:1', 'from elsewhere'), 'from elsewhere')
  })

  it('refuses a subscriber quickly when Redis does not answer, and notices within seconds', async () => {
    await using wire = await openWire(url)
    await using bus = await RedisEventBus.open(wire.url, () => {})
    wire.hold()
    await expect(bus.subscribe('job:1')).rejects.toThrow()
    await vi.waitFor(() => expect(bus.healthy).toBe(false), patience)
  })
})
