import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rememberUsage } from './remember-usage.ts'
import type { Month } from './usage.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

describe('remembered usage', () => {
  const slow = (ms: number) => {
    const asked: string[] = []
    const usage = rememberUsage({
      async projects(month) {
        asked.push(month)
        vi.advanceTimersByTime(ms)
        return []
      },
      storage: async () => [],
      storageOf: async () => ({ limit: null, stored: 0 }),
      runners: () => Promise.reject(new Error('away')),
      times: () => Promise.resolve({ all: null, tags: [] }),
    })
    return { asked, usage }
  }

  it('is computed once for concurrent calls, and for calls during a while afterwards', async () => {
    const { asked, usage } = slow(100)
    await Promise.all([usage.projects('2026-01' as Month), usage.projects('2026-01' as Month)])
    await usage.projects('2026-01' as Month)
    await usage.projects('2026-02' as Month)
    expect(asked).toEqual(['2026-01', '2026-02'])
    vi.advanceTimersByTime(2_000)
    await usage.projects('2026-01' as Month)
    expect(asked).toEqual(['2026-01', '2026-02', '2026-01'])
  })

  it('is not kept when it could not be computed', async () => {
    const { usage } = slow(0)
    await expect(usage.runners('2026-01' as Month)).rejects.toThrow('away')
    await expect(usage.runners('2026-01' as Month)).rejects.toThrow('away')
  })
})
