import { describe, expect, it } from 'vitest'
import { queueValueMs } from './queue-value.ts'

describe('the life of a queue value', () => {
  const now = new Date('2024-05-01T10:00:00Z')
  const inMs = (ms: number) => new Date(now.getTime() + ms)

  it('is an hour', () => {
    expect(queueValueMs(null, now)).toBe(3_600_000)
    expect(queueValueMs(inMs(7_200_000), now)).toBe(3_600_000)
  })

  it('ends with its token', () => {
    expect(queueValueMs(inMs(90_000), now)).toBe(90_000)
  })
})
