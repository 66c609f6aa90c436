import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound, TransitionImpossible } from '../errors.ts'
import { isOfRemovedProject } from '../jobs/is-of-removed-project.ts'
import type { Job } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'

/**
 * Clears the expiry of a job and of all its artifacts that are not deleted yet (`docs/protocol/artifacts.md 8.2`).
 * Refuses jobs of a removed project: nothing would ever delete their artifacts.
 */
export async function keepArtifacts(
  { artifacts, jobs, events }: Pick<Ports, 'artifacts' | 'jobs' | 'events'>,
  jobId: number,
): Promise<Result<Job, JobNotFound | TransitionImpossible>> {
  if (await isOfRemovedProject({ jobs }, jobId)) {
    const status = (await jobs.find(jobId))?.status ?? 'failed'
    const reason = `The project of job ${jobId} has been removed.`
    return err({ kind: 'transition_impossible', id: jobId, status, reason })
  }
  const kept = await artifacts.keep(jobId)
  const job = kept ? await jobs.find(jobId) : null
  if (!job) return err({ kind: 'job_not_found', id: jobId })
  await events.publish('jobs')
  return ok(job)
}
