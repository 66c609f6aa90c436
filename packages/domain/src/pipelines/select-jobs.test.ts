import type { PlannedJob, PlannedPipeline } from '@yardmaster/ci-config'
import { describe, expect, it } from 'vitest'
import { selectJobs } from './select-jobs.ts'

type Sketch = Partial<Pick<PlannedJob, 'needs' | 'dependencies' | 'parallel'>> & { readonly leaves?: boolean }

const job = (name: string, stage: string, { leaves = false, ...given }: Sketch = {}): PlannedJob =>
  ({
    ...{ name, stage, needs: null, dependencies: null, parallel: null, ...given },
    definition: { artifacts: leaves ? { paths: ['out'] } : null },
  }) as unknown as PlannedJob

const needing = (...names: string[]) => ({ needs: names.map((name) => ({ name, artifacts: true })) })

const pipeline = {
  stages: ['build', 'test', 'deploy'],
  jobs: [
    job('compile', 'build', { leaves: true }),
    job('docs', 'build'),
    job('unit 1/2', 'test', { parallel: { index: 1, total: 2 } }),
    job('unit 2/2', 'test', { parallel: { index: 2, total: 2 } }),
    job('unit tests', 'test'),
    job('lint', 'test', needing()),
    job('report', 'test', { dependencies: [] }),
    job('package', 'deploy', { ...needing('unit tests', 'docs'), leaves: true }),
    job('publish', 'deploy', needing('package')),
  ],
} as unknown as PlannedPipeline

const chosen = (...names: string[]) => {
  const found = selectJobs(pipeline, names)
  return found.ok ? found.value.jobs.map(({ name }) => name) : found.error.errors[0]?.message
}

describe('the jobs that are chosen', () => {
  it('come with those whose artifacts they fetch', () => {
    expect(chosen('unit tests')).toEqual(['compile', 'unit tests'])
    expect(chosen('report')).toEqual(['report'])
    expect(chosen('docs')).toEqual(['docs'])
  })

  it('come with what they need, and with what that needs', () => {
    expect(chosen('publish')).toEqual(['compile', 'docs', 'unit tests', 'package', 'publish'])
    expect(chosen('lint')).toEqual(['lint'])
  })

  it('are all parts of a parallel job, or one', () => {
    expect(chosen('unit')).toEqual(['compile', 'unit 1/2', 'unit 2/2'])
    expect(chosen('unit 2/2', 'lint')).toEqual(['compile', 'unit 2/2', 'lint'])
  })

  it('are there', () => {
    expect(chosen('lint', 'uni')).toBe(
      'jobs: the pipeline has no job "uni"; it has compile, docs, unit 1/2, unit 2/2, unit tests, lint, report, package, publish',
    )
  })
})
