import { describe, expect, it } from 'vitest'
import { firstRun, nextRun } from './cron.ts'

const NOW = new Date('2026-11-29T12:00:00Z')

const first = (cron: string, timeZone = 'UTC') => {
  const found = firstRun(cron, timeZone, NOW)
  return found.ok ? found.value.toISOString() : `${found.error.field}: ${found.error.reason}`
}

describe('the first run of an expression', () => {
  it.each([
    ['0 4 * * *', 'UTC', '2026-11-30T04:00:00.000Z'],
    ['0 4 * * *', 'America/New_York', '2026-11-30T09:00:00.000Z'],
    ['*/5 * * * *', 'UTC', '2026-11-29T12:05:00.000Z'],
    [
      '0,58 4 * * 1-5',
      'UTC',
      'cron: found 2 minutes between two runs; allowed are at least 5, also from one hour to the next',
    ],
    ['30 6 * JAN MON', 'Asia/Kolkata', '2027-01-04T01:00:00.000Z'],
    ['0 0 L * *', 'UTC', '2026-11-30T00:00:00.000Z'],
    ['0 0 29 2 *', 'UTC', '2028-02-29T00:00:00.000Z'],
    // Either day suffices when both are named.
    ['0 0 31 2 1', 'UTC', '2027-02-01T00:00:00.000Z'],
  ])('%s in %s is %s', (cron, timeZone, expected) => {
    expect(first(cron, timeZone)).toBe(expected)
  })

  it.each([
    ['0 0 31 2 *', /no date/],
    ['0 0 31 2,4,6,9,11 *', /no date/],
    ['0 0 30W 2 *', /no date/],
    ['* * * * *', /found 1 minute between/],
    ['*/4 * * * *', /found 4 minutes between/],
    ['0 0 * * * *', /five fields/],
    ['0 0 * *', /five fields/],
    ['', /five fields/],
    ['@daily', /five fields/],
    ['2027-01-01T00:00:00', /five fields/],
    ['0 24 * * *', /hour/],
    ['a b c d e', /illegal|invalid/i],
    ['*/0 * * * *', /stepping/],
    [`${'0,'.repeat(100)}0 0 * * *`, /more than 100 characters/],
  ])('is refused for %j', (cron, reason) => {
    expect(first(cron)).toMatch(reason)
  })

  it.each(['Mars/Olympus', '+02:00', '', 'UTC\0', 'x'.repeat(10_000)])('is refused in the zone %j', (timeZone) => {
    expect(first('0 4 * * *', timeZone)).toMatch(/^timeZone: allowed is the IANA name/)
  })

  it('is refused, or found, whatever the expression is', () => {
    const parts = ['*', '0', '59', '1-5', '*/7', 'L', '5#5', '31W', 'MON', '+1', '1,2', '-', '?', '60', 'é', '\u0000']
    let seed = 7
    const draw = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return parts[seed % parts.length] ?? '*'
    }
    for (let round = 0; round < 300; round++) {
      expect(first([draw(), draw(), draw(), draw(), draw()].join(' '))).toMatch(/^20\d\d-|^cron: ./)
    }
  })
})

describe('the next run', () => {
  const runs = (cron: string, from: string, count: number) => {
    const found: string[] = []
    let after: Date | null = new Date(from)
    while (after && found.length < count) {
      after = nextRun(cron, 'Europe/Berlin', after)
      if (after) found.push(after.toISOString().slice(5, 16))
    }
    return found
  }

  it('is at the change to summer time when that skips it', () => {
    expect(runs('30 2 * * *', '2027-03-27T00:00:00Z', 3)).toEqual(['03-27T01:30', '03-28T01:00', '03-29T00:30'])
  })

  it('comes once when the hour comes twice', () => {
    expect(runs('30 2 * * *', '2027-10-30T00:00:00Z', 3)).toEqual(['10-30T00:30', '10-31T00:30', '11-01T01:30'])
  })

  it('comes each hour, through both changes', () => {
    expect(runs('15 * * * *', '2027-10-30T23:30:00Z', 3)).toEqual(['10-31T00:15', '10-31T01:15', '10-31T02:15'])
    expect(runs('15 * * * *', '2027-03-28T00:30:00Z', 2)).toEqual(['03-28T01:15', '03-28T02:15'])
  })
})
