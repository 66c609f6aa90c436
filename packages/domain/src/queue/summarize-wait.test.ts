import { beforeAll, expect, it } from 'vitest'
import type { Job } from '../jobs/job.ts'
import { create, find, setUpScene } from '../testing/scene.ts'
import { MOST_AHEAD, MOST_RUNNERS, summarizeWait } from './summarize-wait.ts'

setUpScene()

let job: Job
beforeAll(async () => {
  job = await find(await create())
})

/** Returns what is said of a pending job with so many fitting runners, some of which run jobs, and jobs before it. */
const said = ({ fitting, working = 0, ahead = 0 }: { fitting: number; working?: number; ahead?: number }) =>
  summarizeWait(
    { ...job, status: 'pending' },
    {
      ...{ maintenance: false, jobId: job.id, status: 'pending', ahead, startsAt: null, failedBefore: null },
      ...{ waitsFor: [], skip: null, waitsForPipelineId: null, failureDetail: null, isOfRemovedProject: false },
      runners: Array.from({ length: fitting }, (_, at) => ({
        ...{ runnerId: at + 1, description: null, fits: true, rule: null, detail: '' },
        runningJobs: at < working ? 1 : 0,
      })),
    },
  )

it('says how many runners fit, how many of them work, and how many jobs are before it', () => {
  expect(said({ fitting: 0 })).toBe('There are no runners yet.')
  expect(said({ fitting: 2, ahead: 1_612 })).toBe('2 fitting runners are online; 1,612 jobs are before it.')
  expect(said({ fitting: 3, working: 2, ahead: 1 })).toBe(
    '3 fitting runners are online, 2 of them run other jobs; 1 job is before it.',
  )
  expect(said({ fitting: 2, working: 2 })).toBe(
    '2 fitting runners are online, all of them run other jobs; no job is before it.',
  )
})

it('says where it has not counted further', () => {
  expect(said({ fitting: MOST_RUNNERS, ahead: MOST_AHEAD + 1 })).toBe(
    'At least 500 fitting runners are online; more than 10,000 jobs are before it.',
  )
})
