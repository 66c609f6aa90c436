import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openQuotas } from './quotas.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

/** A store whose answers are given one by one. */
function usageByHand() {
  const waiting: ((answer: { limit: number | null; stored: number }) => void)[] = []
  return {
    storageOf: () => new Promise<{ limit: number | null; stored: number }>((resolve) => waiting.push(resolve)),
    async answer(limit: number | null, stored: number) {
      waiting.shift()?.({ limit, stored })
      await Promise.resolve()
    },
  }
}

describe('the quota of a project', () => {
  it('holds for uploads under way while what is stored is read again', async () => {
    const usage = usageByHand()
    const quotas = openQuotas(usage)
    const first = quotas.room(1)
    await usage.answer(100, 0)
    expect(await first).toBe(100)

    vi.advanceTimersByTime(60_000)
    const again = quotas.room(1)
    using one = quotas.reserve(1)
    using other = quotas.reserve(1)
    expect([one.take(60), other.take(60)]).toEqual([true, false])
    await usage.answer(100, 0)
    expect(await again).toBe(40)
  })

  it('counts what was stored while it is read', async () => {
    const usage = usageByHand()
    const quotas = openQuotas(usage)
    const first = quotas.room(1)
    quotas.note(1, 30)
    await usage.answer(100, 20)
    expect(await first).toBe(50)

    vi.advanceTimersByTime(60_000)
    const again = quotas.room(1)
    quotas.note(1, 10)
    await usage.answer(100, 50)
    expect(await again).toBe(40)
  })

  it('has the room that an upload holds for that upload, and for no other', async () => {
    const usage = usageByHand()
    const quotas = openQuotas(usage)
    const first = quotas.room(1)
    await usage.answer(100, 0)
    await first
    using one = quotas.reserve(1)
    expect(one.take(60)).toBe(true)
    expect([await quotas.room(1, 60), await quotas.room(1)]).toEqual([100, 40])
  })
})
