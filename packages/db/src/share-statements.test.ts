import { describe, expect, it } from 'vitest'
import { shareStatements } from './share-statements.ts'

describe('a shared statement', () => {
  it('begins after its callers came, and answers each of them', async () => {
    const runs: (readonly number[])[] = []
    const double = shareStatements<number, number>(
      async (together) => {
        runs.push(together)
        await new Promise(setImmediate)
        return together.map((one) => 2 * one)
      },
      (together) => together.length < 3,
    )
    expect(await Promise.all([1, 2, 3, 4, 5].map(double))).toEqual([2, 4, 6, 8, 10])
    expect(runs).toEqual([[1], [2, 3, 4], [5]])
    expect(await double(6)).toBe(12)
  })

  it('that fails is the failure of its callers, and of no others', async () => {
    const run = shareStatements<string, string>(
      async (together) => {
        if (together.includes('bad')) throw new Error('refused')
        return together
      },
      () => true,
    )
    const outcomes = await Promise.allSettled([run('a'), run('bad'), run('b')])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await run('c')).toBe('c')
  })
})
