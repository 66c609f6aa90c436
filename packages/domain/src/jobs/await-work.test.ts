import { describe, expect, it } from 'vitest'
import { holdMs } from './await-work.ts'

describe('how long a job request may be held', () => {
  it('is the whole time for a process with one entry', () => {
    expect(holdMs(50_000, 1)).toBe(50_000)
  })

  it('is shared by several entries, so that a round of all of them takes two seconds', () => {
    for (const entries of [2, 5, 40, 100]) expect(entries * holdMs(50_000, entries)).toBeCloseTo(2_000)
  })

  it('is never longer than asked for', () => {
    expect(holdMs(500, 2)).toBe(500)
  })
})
