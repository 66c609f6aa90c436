import { cancelJob } from '../execution/cancel-job.ts'
import { eraseJob } from '../execution/erase-job.ts'
import type { JobFilter } from '../ports.ts'
import { playJob } from '../processing/play-job.ts'
import { retryJob } from '../processing/retry-job.ts'
import type { Services } from '../services.ts'
import { type BulkOutcome, type BulkRun, oneByOne, PORTION, portionsFrom, portionsOf } from './one-by-one.ts'

/** What can be done with many jobs. */
export const JOB_CHANGES = ['cancel', 'retry', 'play', 'erase'] as const
type JobChange = (typeof JOB_CHANGES)[number]

type JobsSelection =
  | { readonly ids: readonly number[] }
  | { readonly matching: Omit<JobFilter, 'limit' | 'behind' | 'sort'> }

/** Does the same with many jobs; those whose status does not allow it are counted as refused. */
export function changeJobs(
  services: Services,
  { change, selection, ...run }: BulkRun & { readonly change: JobChange; readonly selection: JobsSelection },
): Promise<BulkOutcome> {
  const portions =
    'ids' in selection
      ? portionsOf(selection.ids)
      : portionsFrom((behind) => services.jobs.listIds({ ...selection.matching, behind, limit: PORTION }))
  return oneByOne(services, run, portions, (id) => {
    switch (change) {
      case 'cancel':
        return cancelJob(services, { id })
      case 'retry':
        return retryJob(services, id)
      case 'play':
        return playJob(services, id)
      case 'erase':
        return eraseJob(services, id)
    }
  })
}
