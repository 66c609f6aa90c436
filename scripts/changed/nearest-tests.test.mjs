import { describe, expect, it } from 'vitest'
import { nearestTests } from './nearest-tests.mjs'

const graphOf = (imports) =>
  new Map(
    Object.entries(imports).map(([file, targets]) => [
      file,
      targets.map((target) => ({
        specifier: target,
        target: target.replace(/^type /, ''),
        builtin: null,
        onlyTypes: target.startsWith('type '),
        line: 1,
      })),
    ]),
  )

const graph = graphOf({
  'a/one.ts': [],
  'a/one.test.ts': ['a/one.ts'],
  'a/two.ts': ['a/one.ts'],
  'a/two.test.ts': ['a/two.ts'],
  'a/types.test.ts': ['type a/one.ts'],
  'b/index.ts': ['a/one.ts', 'a/two.ts'],
  'b/far.test.ts': ['b/index.ts'],
  'b/near.test.ts': ['a/one.ts'],
  'b/round.ts': ['b/index.ts', 'b/round.test.ts'],
  'b/round.test.ts': ['b/round.ts'],
  'c/other.test.ts': [],
  'packages/db/src/migrate.ts': [],
  'packages/db/src/migrate.test.ts': ['packages/db/src/migrate.ts'],
})

describe('the nearest tests of a change', () => {
  it('are those that changed, those that import what changed, and so on', () => {
    expect(nearestTests(graph, ['a/one.ts', 'c/other.test.ts'], 10)).toEqual({
      tests: [
        'c/other.test.ts',
        'a/one.test.ts',
        'b/near.test.ts',
        'a/two.test.ts',
        'b/far.test.ts',
        'b/round.test.ts',
      ],
      left: 0,
    })
    expect(nearestTests(graph, ['a/two.ts'], 10).tests[0]).toBe('a/two.test.ts')
  })

  it('are no more than asked for, and the others are counted', () => {
    expect(nearestTests(graph, ['a/one.ts'], 2)).toEqual({ tests: ['a/one.test.ts', 'b/near.test.ts'], left: 3 })
  })

  it('are those of the program that runs a changed migration', () => {
    expect(nearestTests(graph, ['packages/db/migrations/0002-more.sql'], 10).tests).toEqual([
      'packages/db/src/migrate.test.ts',
    ])
  })

  it('are none when no test is affected', () => {
    expect(nearestTests(graph, ['README.md', 'gone.ts'], 10)).toEqual({ tests: [], left: 0 })
  })
})
