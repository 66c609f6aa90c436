import { describe, expect, it } from 'vitest'
import { jobsOf } from '../testing.ts'

describe('rules', () => {
  it('of the old kind choose by refs, sources, variables and changes', async () => {
    const text =
      'a: { script: ls, only: [main] }\nb: { script: ls, only: [tags] }\nc: { script: ls, except: [/^ma/] }\n' +
      `d: { script: ls, only: { refs: [pushes], variables: ['$GO == "1"'] } }\ne: { script: ls }\n`
    expect(await jobsOf(text)).toBe('a(test) e(test)')
    expect(await jobsOf(text, { variables: { GO: '1' } })).toBe('a(test) d(test) e(test)')
    expect(await jobsOf(text, { facts: { ref: 'v1', refKind: 'tag' } })).toBe('b(test) c(test) e(test)')
  })
})
