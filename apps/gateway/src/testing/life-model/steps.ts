import { type JobEvent, type JobStatus, statusAfter } from '@yardmaster/domain'
import type { World } from './world.ts'

/** Steps that no event of `statusAfter` makes: what a job is when it is made, and what the queue makes of it. */
const MORE_STEPS: ReadonlySet<string> = new Set([
  'null created',
  'null pending',
  'null manual',
  'null scheduled',
  'null skipped',
  'null waiting_for_resource',
  'created waiting_for_resource',
  'created manual',
  'created scheduled',
  'manual waiting_for_resource',
  'scheduled waiting_for_resource',
  // What it waited for is tried again.
  'skipped created',
])

const EVENTS: readonly JobEvent[] = [
  'enqueue',
  'run',
  'success',
  'drop',
  'cancel',
  'cancel_gracefully',
  'force_cancel',
  'skip',
]

/** Nobody but a runner says that a job succeeded, and nobody skips what is queued or takes what was skipped. */
const NEVER: ReadonlySet<string> = new Set([
  ...['created', 'waiting_for_resource', 'preparing', 'pending'].map((status) => `${status} success`),
  'pending skipped',
  'waiting_for_resource skipped',
  'skipped pending',
])

const isLegal = (before: JobStatus | null, after: JobStatus): boolean =>
  !NEVER.has(`${before} ${after}`) &&
  (MORE_STEPS.has(`${before} ${after}`) ||
    (before !== null && EVENTS.some((event) => statusAfter(before, event) === after)))

/** Steps that jobs took and may not take. */
export async function illegalSteps({ database: { db } }: World): Promise<string[]> {
  const steps = await db.query<{ job_id: number; before: JobStatus | null; after: JobStatus }>(
    'select distinct on (before, after) job_id, before, after from job_history',
  )
  return steps
    .filter(({ before, after }) => !isLegal(before, after))
    .map(({ job_id, before, after }) => `job ${job_id} went from ${before} to ${after}`)
}
