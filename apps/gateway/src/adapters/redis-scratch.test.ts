import { openWire } from '@yardmaster/db/testing'
import { describe, expect, it, vi } from 'vitest'
import { RedisScratch } from './redis-scratch.ts'
import { scratchContract } from './scratch.contract.ts'
import { redisDatabase } from './testing.ts'

const url = redisDatabase(1)
const LONG = 60_000

describe.skipIf(!url)('Redis', () => {
  scratchContract('Scratch in Redis', async () => {
    const scratch = await RedisScratch.open(url, () => {})
    await forget(scratch)
    return scratch
  })

  it('shares values between processes', async () => {
    await using one = await RedisScratch.open(url, () => {})
    await using other = await RedisScratch.open(url, () => {})
    await one.set('shared', 'a', LONG)
    expect(await other.get('shared')).toBe('a')
  })

  it('hides values from another namespace', async () => {
    await using one = await RedisScratch.open(url, () => {})
    await using other = await RedisScratch.open(url, () => {}, 'yardmaster:other')
    await one.set('private', 'a', LONG)
    expect(await other.get('private')).toBeNull()
    expect(await other.setIfAbsent('private', 'b', LONG)).toBe('b')
    expect(await one.get('private')).toBe('a')
  })

  it('opens without Redis, returns no values and refuses nothing', async () => {
    const log = vi.fn()
    await using wire = await openWire(url)
    wire.cut()
    await using scratch = await RedisScratch.open(wire.url, log)
    await scratch.set('queue:1', 'a', LONG)
    await scratch.delete('queue:1')
    expect(await scratch.get('queue:1')).toBeNull()
    expect(await scratch.setIfAbsent('queue:1', 'mine', LONG)).toBe('mine')
    expect(await scratch.increment('requests:1', LONG)).toBe(1)
    await scratch.removeMember('entries:1', 'a')
    expect(await scratch.addMember('entries:1', 'a', LONG, LONG)).toBe(1)
    expect(log).toHaveBeenCalledOnce()
  })

  it('works again when Redis comes back, and has reported both changes once', async () => {
    const log = vi.fn()
    await using wire = await openWire(url)
    await using scratch = await RedisScratch.open(wire.url, log)
    await scratch.set('queue:1', 'before', LONG)
    wire.cut()
    await expect.poll(() => scratch.get('queue:1')).toBeNull()
    wire.mend()
    await expect.poll(() => scratch.get('queue:1')).toBe('before')
    expect(log.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(/^Redis at \S+ \(REDIS_URL; short-lived values\) is away: /),
      expect.stringMatching(/^Redis at \S+ \(REDIS_URL; short-lived values\) is back$/),
    ])
  })

  it('gives up on a Redis that does not answer', async () => {
    await using wire = await openWire(url)
    await using scratch = await RedisScratch.open(wire.url, () => {})
    wire.hold()
    // Without a limit of its own this would wait until the test is ended.
    expect(await scratch.get('queue:1')).toBeNull()
  })
})

/** Deletes the few keys of the contract, which expects an empty store. */
async function forget(scratch: RedisScratch): Promise<void> {
  for (const key of ['queue:1', 'queue:10', 'requests:1', 'entries:1', 'entries:10']) await scratch.delete(key)
}
