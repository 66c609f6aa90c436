import { expect, it } from 'vitest'
import { JOB_STATUSES } from '../jobs/job.ts'
import type { JobSubject, PipelineSubject } from './commit-status.ts'
import { describeStatus } from './describe-status.ts'

const pipeline: PipelineSubject = {
  kind: 'pipeline',
  status: 'running',
  duration: null,
  jobs: 12,
  failed: 0,
  warnings: 0,
}
const job: JobSubject = { kind: 'job', status: 'running', allowFailure: false, failureReason: null, duration: null }

it.each([
  [{ status: 'created' }, 'pending', 'Waiting'],
  [{ status: 'running' }, 'running', 'Running'],
  [{ status: 'manual' }, 'pending', 'Waiting for a person to start a job'],
  [{ status: 'success', duration: 192 }, 'success', '12 jobs done in 3 min 12 s'],
  [{ status: 'success', duration: 7260, warnings: 2 }, 'success', '12 jobs done in 2 h 1 min; 2 that may fail did'],
  [{ status: 'failed', failed: 3, duration: 0 }, 'failure', '3 of 12 jobs failed'],
  [{ status: 'failed', failed: 1, jobs: 1, duration: 60 }, 'failure', '1 of 1 job failed in 1 min'],
  [{ status: 'canceled' }, 'canceled', 'Canceled'],
  [{ status: 'skipped' }, 'skipped', 'Skipped'],
] satisfies [Partial<PipelineSubject>, string, string][])('a pipeline %j is %s: %s', (given, state, description) => {
  expect(describeStatus({ ...pipeline, ...given })).toEqual({ state, description })
})

it.each([
  [{ status: 'pending' }, 'pending', 'Waiting'],
  [{ status: 'canceling' }, 'running', 'Being canceled'],
  [{ status: 'success', duration: 12.3 }, 'success', 'Passed after 12 s'],
  [
    { status: 'failed', failureReason: 'script_failure', duration: 3600 },
    'failure',
    'Failed after 1 h (script failure)',
  ],
  [{ status: 'failed', allowFailure: true }, 'success', 'Failed, as it may'],
  [{ status: 'manual' }, 'pending', 'Waiting for a person to start it'],
  [{ status: 'manual', allowFailure: true }, 'skipped', 'Not started; a person may start it'],
  [{ status: 'canceled' }, 'canceled', 'Canceled'],
  [{ status: 'canceled', allowFailure: true }, 'skipped', 'Canceled, as it may be'],
] satisfies [Partial<JobSubject>, string, string][])('a job %j is %s: %s', (given, state, description) => {
  expect(describeStatus({ ...job, ...given })).toEqual({ state, description })
})

it('every status of a pipeline or a job has a sentence', () => {
  for (const status of JOB_STATUSES) {
    for (const subject of [pipeline, job]) expect(describeStatus({ ...subject, status }).description).not.toBe('')
  }
})
