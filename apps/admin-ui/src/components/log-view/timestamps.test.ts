import { describe, expect, it } from 'vitest'
import { clockOf, elapsed, pauseBefore, pauseText } from './timestamps.ts'

const at = (time: string) => ({ stamp: { time: `2024-05-14T${time}Z`, stream: '01', channel: 'out' as const } })
const first = Date.parse('2024-05-14T11:43:19Z')

describe('times of lines', () => {
  it('count from the first time stamp', () => {
    const of = (time: string) => elapsed(at(time).stamp, { first })
    expect([of('11:43:19.000000'), of('11:43:19.449999'), of('11:44:24.000000'), of('13:43:24.000000')]).toEqual([
      '0.0',
      '0.4',
      '1:05.0',
      '2:00:05.0',
    ])
    expect(of('11:43:18.000000')).toBe('-1.0')
  })

  it('are those of our clock, whatever the clock of the runner says', () => {
    const startedAt = new Date(2026, 0, 2, 10, 0, 0).getTime()
    expect(clockOf(at('11:43:19.000000').stamp, { first, startedAt })).toBe('10:00:00')
    expect(clockOf(at('11:44:24.500000').stamp, { first, startedAt })).toBe('10:01:05')
  })
})

describe('a pause', () => {
  const pause = (before: string | null, line: string, after?: string) =>
    pauseBefore(at(line), { before: before === null ? undefined : at(before), after: after ? at(after) : undefined })

  it('is the time since the line before, if it is long', () => {
    expect(pause('11:43:19.000000', '11:44:27.000000')).toBe(68_000)
    expect(pause('11:43:19.000000', '11:43:28.999000')).toBeNull()
    expect(pause(null, '11:44:27.000000')).toBeNull()
    expect(pauseBefore({ stamp: null }, { before: at('11:43:19.000000'), after: undefined })).toBeNull()
  })

  it('is none when other lines came meanwhile', () => {
    expect(pause('11:43:19.000000', '11:44:27.000000', '11:43:20.000000')).toBeNull()
    expect(pause('11:43:19.000000', '11:44:27.000000', '11:44:27.000000')).toBe(68_000)
  })

  it('is written in seconds, or minutes when it is longer', () => {
    expect([68_400, 99_400, 99_500, 128_000, 7_620_000].map(pauseText)).toEqual([
      '68 s',
      '99 s',
      '1 m 40 s',
      '2 m 08 s',
      '2 h 07 m',
    ])
  })
})
