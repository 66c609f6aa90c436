import { describe, expect, it } from 'vitest'
import { errorsOf } from '../testing.ts'

describe('rules', () => {
  it('are refused beside only, with a condition that is not valid, and empty', async () => {
    expect(await errorsOf('j: { script: ls, only: [main], rules: [{ when: always }] }')).toEqual([
      'jobs:j config key may not be used with `rules`: only',
    ])
    expect(await errorsOf(`c: { script: ls, rules: [{ if: '$A = "x"' }] }`)).toEqual([
      'jobs:c:rules:rule if invalid expression syntax',
    ])
    expect(await errorsOf('c: { script: ls, rules: [] }')).toEqual(["jobs:c:rules config can't be blank"])
  })
})
