import { describe, expect, it } from 'vitest'
import { age, bytes, inWords, ran } from './words.ts'

describe('words', () => {
  it('name times and sizes in their largest unit', () => {
    expect([0, 59.9, 60, 3599, 3600, 86_400, null].map(inWords)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '59 min',
      '1 h',
      '1 d',
      null,
    ])
    const now = Date.parse('2024-01-01T00:01:30Z')
    expect(age('2024-01-01T00:00:00Z', now)).toBe('1 min')
    expect([age(null, now), age('yesterday', now)]).toEqual([null, null])
    expect(ran('2024-01-01T00:00:00Z', '2024-01-01T00:00:07Z', now)).toBe('7 s')
    expect(ran('2024-01-01T00:00:00Z', null, now)).toBe('1 min')
    expect([0, 1023, 1536, 3 * 1_048_576].map(bytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '3.0 MiB'])
  })
})
