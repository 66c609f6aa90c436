import { isMove, type JobStatus } from '@yardmaster/domain/jobs'
import type { World } from './world.ts'

/** Returns illegal moves of jobs. */
export async function illegalSteps({ database: { db } }: World): Promise<string[]> {
  const steps = await db.query<{ job_id: number; before: JobStatus | null; after: JobStatus }>(
    'select distinct on (before, after) job_id, before, after from job_history',
  )
  return steps
    .filter(({ before, after }) => !isMove(before, after))
    .map(({ job_id, before, after }) => `job ${job_id} went from ${before} to ${after}`)
}
