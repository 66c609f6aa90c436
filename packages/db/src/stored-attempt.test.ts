import { describe, expect, it } from 'vitest'
import { readAttempt, storedAttempt } from './stored-attempt.ts'

const attempt = { at: new Date('2026-11-24T00:08:47.123Z'), status: 500, error: 'no', durationMs: 12, response: 'oh' }

describe('a stored attempt', () => {
  it('is read as it was written, and as releases before versions wrote it', () => {
    const stored = JSON.parse(JSON.stringify(storedAttempt(attempt)))
    expect(stored).toEqual({ version: 1, ...attempt, at: '2026-11-24T00:08:47.123Z' })
    expect(readAttempt(stored)).toEqual(attempt)
    expect(readAttempt(JSON.parse(JSON.stringify(attempt)))).toEqual(attempt)
  })

  it.each([{ ...attempt, version: 99 }, {}, null, 'no'])('that can’t be read is marked as such: %j', (stored) => {
    expect(readAttempt(stored)).toMatchObject({ status: null, error: expect.stringContaining('cannot be read') })
  })
})
