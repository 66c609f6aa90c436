import { describe, expect, it } from 'vitest'
import { isAtLeast } from './runner-version.ts'

describe('a runner’s version', () => {
  it.each(['17.3', '17.3.0', 'v17.3.1', '17.10.0', '18.0.0', '17.3.0~beta.12.gabc', '100.0.1'])(
    'is 17.3 or later: %s',
    (version) => expect(isAtLeast(version, 17, 3)).toBe(true),
  )

  it.each([
    '17.2.9',
    '16.11.4',
    '9.5.0',
    '1.73.0',
    '',
    'development version',
    '17',
    '173.',
    '99999.1',
    null,
    undefined,
  ])('is older or unknown: %s', (version) => expect(isAtLeast(version, 17, 3)).toBe(false))
})
