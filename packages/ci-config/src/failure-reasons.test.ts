import { describe, expect, it } from 'vitest'
import { failureReason } from './failure-reasons.ts'

describe('a failure reason', () => {
  it.each([
    ['script_failure', 'script_failure'],
    ['image_pull_failure', 'image_pull_failure'],
    ['no such reason', 'unknown_failure'],
    ['', 'unknown_failure'],
    [null, 'unknown_failure'],
    [undefined, 'unknown_failure'],
  ])('reported as %j is stored as %s', (reported, stored) => {
    expect(failureReason(reported)).toBe(stored)
  })
})
