import type { JobNotFound } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import { err, ok, type Result } from '../result.ts'

/** Clears the expiry of a job and of all its artifacts that are not deleted yet (`artifacts.md` 8.2). */
export async function keepArtifacts(
  { artifacts, jobs, events }: Pick<Ports, 'artifacts' | 'jobs' | 'events'>,
  jobId: number,
): Promise<Result<Job, JobNotFound>> {
  const kept = await artifacts.keep(jobId)
  const job = kept ? await jobs.find(jobId) : null
  if (!job) return err({ kind: 'job_not_found', id: jobId })
  await events.publish('jobs')
  return ok(job)
}
