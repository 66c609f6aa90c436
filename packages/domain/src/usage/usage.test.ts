import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { daysOf, type Month, monthOf, parseMonth, rememberUsage } from './usage.ts'

describe('a month', () => {
  it('is written as a year and a number', () => {
    expect(parseMonth('2026-11')).toBe('2026-11')
    for (const text of ['2026-13', '2026-00', '2026-1', '2026', '2026-11-01', '', 'now']) {
      expect(parseMonth(text), text).toBeNull()
    }
  })

  it('is the one in UTC', () => {
    expect(monthOf(new Date('2026-12-31T23:59:59.999Z'))).toBe('2026-12')
    expect(monthOf(new Date('2027-01-01T00:00:00Z'))).toBe('2027-01')
  })

  it('ends where the next begins', () => {
    expect(daysOf('2026-12' as Month)).toEqual({
      from: new Date('2026-12-01T00:00:00Z'),
      to: new Date('2027-01-01T00:00:00Z'),
    })
  })
})

describe('remembered usage', () => {
  const slow = (ms: number) => {
    const asked: string[] = []
    const usage = rememberUsage({
      async projects(month) {
        asked.push(month)
        await pause(ms)
        return []
      },
      storage: async () => [],
      storageOf: async () => ({ limit: null, stored: 0 }),
      runners: () => Promise.reject(new Error('away')),
      times: () => Promise.resolve({ all: null, tags: [] }),
    })
    return { asked, usage }
  }

  it('is asked for once by all who ask at the same time, and for a while after', async () => {
    const { asked, usage } = slow(100)
    await Promise.all([usage.projects('2026-01' as Month), usage.projects('2026-01' as Month)])
    await usage.projects('2026-01' as Month)
    await usage.projects('2026-02' as Month)
    expect(asked).toEqual(['2026-01', '2026-02'])
  })

  it('is not kept when it could not be had', async () => {
    const { usage } = slow(0)
    await expect(usage.runners('2026-01' as Month)).rejects.toThrow('away')
    await expect(usage.runners('2026-01' as Month)).rejects.toThrow('away')
  })
})
