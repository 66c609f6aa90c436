import { expect, it } from 'vitest'
import type { JobStore } from '../ports.ts'
import { noticeLeftJobs } from './notice-left-jobs.ts'

it('The log says once that jobs wait for a newer release, and once that none do any more', async () => {
  const counts = [0, 2, 3, 0, 0, 1]
  const said: string[] = []
  const jobs = { countLeftToNewer: async () => counts.shift() ?? 0 } as JobStore
  const sweep = noticeLeftJobs({ jobs }, (sentence) => said.push(sentence))
  while (counts.length > 0) await sweep()
  expect(said).toEqual([
    expect.stringMatching(/^2 jobs wait for a newer release/),
    'no jobs wait for a newer release any more',
    expect.stringMatching(/^1 job waits for a newer release/),
  ])
})
