import { describe, expect, it } from 'vitest'
import { daysOf, type Month, monthOf, parseMonth } from './usage.ts'

describe('a month', () => {
  it('is written as a year and a number', () => {
    expect(parseMonth('2026-11')).toBe('2026-11')
    for (const text of ['2026-13', '2026-00', '2026-1', '2026', '2026-11-01', '', 'now']) {
      expect(parseMonth(text), text).toBeNull()
    }
  })

  it('is in UTC', () => {
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
