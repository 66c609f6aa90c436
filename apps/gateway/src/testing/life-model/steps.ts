import { isMove, type Job, type JobStatus } from '@yardmaster/domain/jobs'
import type { World } from './world.ts'

/** Returns illegal moves of jobs. */
export async function illegalSteps({ database: { db } }: World): Promise<string[]> {
  const steps = await db.query<{ job_id: number; before: JobStatus | null; after: JobStatus; kind: Job['kind'] }>(
    `select distinct on (before, after, kind) h.job_id, h.before, h.after, j.kind
       from job_history h join jobs j on j.id = h.job_id`,
  )
  return steps
    .filter(({ before, after, kind }) => !isMove(before, after, kind))
    .map(({ job_id, before, after, kind }) => `${kind} job ${job_id} went from ${before} to ${after}`)
}
