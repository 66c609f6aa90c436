import { randomBytes } from 'node:crypto'
import { openWire } from '@yardmaster/db/testing'
import { Redis } from 'ioredis'
import { describe, expect, it, vi } from 'vitest'
import { RedisEventBus } from './redis-event-bus.ts'
import { RedisScratch } from './redis-scratch.ts'
import { redisDatabase } from './testing.ts'

const url = redisDatabase(3)
const LONG = 60_000
const silent = () => undefined
const patience = { timeout: 240_000 }

/** A namespace of its own for each test: they leave values behind. */
const newNamespace = () => `yardmaster:${randomBytes(6).toString('hex')}`

/** Opens what one process has: a bus, and values that learn of changes from it. */
async function openProcess(namespace: string, { busUrl = url, valuesUrl = url } = {}) {
  const opened = new AsyncDisposableStack()
  const bus = opened.use(await RedisEventBus.open(busUrl, silent, namespace))
  const scratch = opened.use(await RedisScratch.open(valuesUrl, silent, namespace, bus))
  return { bus, scratch, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** Stores a value, and waits until it is recalled without Redis: changes are reported once both connections are there. */
async function untilKnown(scratch: RedisScratch, key: string): Promise<void> {
  await scratch.set(key, 'known', LONG)
  await vi.waitFor(async () => {
    await scratch.recall(key)
    // No answer of Redis can come before the next turn of the event loop.
    const asks = Promise.resolve().then(() => 'asks')
    expect(await Promise.race([scratch.recall(key), asks])).toBe('known')
  }, patience)
}

describe.skipIf(!url)('Values known from Redis', () => {
  it('are recalled without Redis', async () => {
    await using here = await openProcess(newNamespace())
    await untilKnown(here.scratch, 'queue:1')
  })

  it('are read again after a change, which is known before an event that follows it', async () => {
    const namespace = newNamespace()
    await using here = await openProcess(namespace)
    await using there = await openProcess(namespace)
    await using job = await here.bus.subscribe('queue:1')
    await Promise.all([untilKnown(here.scratch, 'queue:2'), untilKnown(there.scratch, 'queue:3')])
    for (let round = 0; round < 100; round++) {
      const value = `value ${round}`
      await there.scratch.set('queue:1', value, LONG)
      expect(await there.scratch.recall('queue:1')).toBe(value)
      await Promise.all([here.scratch.recall('queue:1'), here.scratch.recall('queue:1')])
      await there.scratch.delete('queue:1')
      await there.bus.publish('queue:1', value)
      while (!(await job.wait(LONG)).hints.includes(value));
      expect(await here.scratch.recall('queue:1')).toBeNull()
    }
  })

  it('are right while several processes change them at random', async () => {
    const namespace = newNamespace()
    await using one = await openProcess(namespace)
    await using other = await openProcess(namespace)
    await Promise.all([untilKnown(one.scratch, 'queue:2'), untilKnown(other.scratch, 'queue:3')])
    for (let round = 0; round < 100; round++) {
      await Promise.all([
        one.scratch.set('queue:1', `one ${round}`, LONG),
        one.scratch.recall('queue:1'),
        other.scratch.delete('queue:1'),
        other.scratch.recall('queue:1'),
        one.scratch.setIfAbsent('queue:1', `either ${round}`, LONG),
        other.scratch.recall('queue:1'),
        one.scratch.recall('queue:1'),
      ])
      await vi.waitFor(async () => {
        const stored = await one.scratch.get('queue:1')
        expect([await one.scratch.recall('queue:1'), await other.scratch.recall('queue:1')]).toEqual([stored, stored])
      }, patience)
    }
  })

  it('are forgotten when all values of Redis go at once', async () => {
    await using here = await openProcess(newNamespace())
    const admin = new Redis(url)
    try {
      await untilKnown(here.scratch, 'queue:1')
      await admin.flushdb()
      await expect.poll(() => here.scratch.recall('queue:1')).toBeNull()
    } finally {
      admin.disconnect()
    }
  })

  it.each(['bus', 'values'] as const)('are forgotten when the connection of the %s breaks', async (which) => {
    const namespace = newNamespace()
    await using wire = await openWire(url)
    await using here = await openProcess(namespace, { [`${which}Url`]: wire.url })
    await using there = await openProcess(namespace)
    await untilKnown(here.scratch, 'queue:1')
    wire.cut()
    await there.scratch.set('queue:1', 'meanwhile', LONG)
    await expect.poll(() => here.scratch.recall('queue:1')).toBe(which === 'bus' ? 'meanwhile' : null)
    wire.mend()
    await expect.poll(() => here.scratch.recall('queue:1')).toBe('meanwhile')
    await untilKnown(here.scratch, 'queue:2')
    await there.scratch.set('queue:1', 'after', LONG)
    await expect.poll(() => here.scratch.recall('queue:1')).toBe('after')
  })

  it('are read each time when changes would be reported to a connection that does not pass them on', async () => {
    const namespace = newNamespace()
    const stranger = new Redis(url)
    try {
      const clientId = await stranger.client('ID')
      const changes = { reportKeyChanges: (listener: { opened(id: number): void }) => listener.opened(clientId) }
      await using here = await RedisScratch.open(url, silent, namespace, changes)
      await using there = await RedisScratch.open(url, silent, namespace)
      for (let round = 0; round < 20; round++) {
        await there.set('queue:1', `value ${round}`, LONG)
        expect(await here.recall('queue:1')).toBe(`value ${round}`)
      }
    } finally {
      stranger.disconnect()
    }
  })

  it('are read each time by a user that may not track them', async () => {
    const namespace = newNamespace()
    const admin = new Redis(url)
    const user = namespace.replace(':', '-')
    try {
      await admin.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', '-client|tracking')
      const limited = new URL(url)
      limited.username = user
      limited.password = 'secret'
      await using here = await openProcess(namespace, { busUrl: limited.href, valuesUrl: limited.href })
      await using there = await RedisScratch.open(url, silent, namespace)
      for (let round = 0; round < 20; round++) {
        await there.set('queue:1', `value ${round}`, LONG)
        expect(await here.scratch.recall('queue:1')).toBe(`value ${round}`)
      }
      expect(here.bus.healthy).toBe(true)
    } finally {
      await admin.call('ACL', 'DELUSER', user)
      admin.disconnect()
    }
  })
})
