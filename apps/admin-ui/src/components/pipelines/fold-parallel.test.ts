import { describe, expect, it } from 'vitest'
import { foldParallel, statusOfFold } from './fold-parallel.ts'
import { jobNamed } from './testing.ts'

describe('parallel jobs', () => {
  it('of one name are folded, in the place of the first', () => {
    const parallel = { index: 1, total: 2 }
    const folds = foldParallel([
      jobNamed('lint'),
      jobNamed('test 1/2', { parallel }),
      jobNamed('build: [linux, [a]]', { parallel }),
      jobNamed('test 2/2', { parallel }),
      jobNamed('build: [mac, [b]]', { parallel }),
    ])
    expect(folds.map(({ name, jobs }) => [name, jobs.length])).toEqual([
      ['lint', 1],
      ['test', 2],
      ['build', 2],
    ])
  })

  it('are not folded when they are alone, of different stages, or only look like parallel ones', () => {
    const parallel = { index: 1, total: 1 }
    const jobs = [
      jobNamed('alone 1/1', { parallel }),
      jobNamed('part 1/2'),
      jobNamed('part 2/2'),
      jobNamed('test: [a]', { parallel, stageIndex: 0 }),
      jobNamed('test: [b]', { parallel, stageIndex: 1 }),
      jobNamed('test', { stageIndex: 0 }),
    ]
    expect(foldParallel(jobs).map(({ key, name }) => [key, name])).toEqual(jobs.map(({ name }) => [name, name]))
  })

  it.each([
    [['success', 'failed', 'running'], 'failed', false],
    [['success', 'running', 'created'], 'running', false],
    [['success', 'manual'], 'manual', false],
    [['success', 'skipped'], 'skipped', false],
    [['success', 'success'], 'success', false],
    [['success', 'allowed'], 'success', true],
    [['allowed', 'allowed'], 'failed', true],
    [['allowed', 'running'], 'running', false],
  ] as const)('with the statuses %j are shown as %s', (statuses, status, warns) => {
    const jobs = statuses.map((one) =>
      one === 'allowed' ? jobNamed('a', { status: 'failed', allowFailure: true }) : jobNamed('a', { status: one }),
    )
    expect(statusOfFold({ jobs })).toEqual({ status, warns })
  })
})
