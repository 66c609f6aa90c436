import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound, TransitionImpossible } from '../errors.ts'
import { isFinished, type Job } from '../jobs/job.ts'
import type { Services } from '../services.ts'
import { sealTrace } from '../traces/seal-trace.ts'
import { encodeHint, jobTopic } from '../wakeups/job-events.ts'

/**
 * Erases the log and the artifacts of a finished job for good; the job itself stays. Their bytes leave the object store
 * right afterwards, or with the next sweep.
 *
 * @returns `transition_impossible` for a job that is not finished, or has nothing to erase.
 * @see `docs/protocol/job-update.md 10`
 */
export async function eraseJob(
  ports: Pick<Services, 'jobs' | 'pipelines' | 'artifacts' | 'traces' | 'objects' | 'events' | 'background'>,
  id: number,
): Promise<Result<Job, JobNotFound | TransitionImpossible>> {
  const { jobs, events } = ports
  const erased = await jobs.erase(id)
  if (erased) {
    await events.publish(jobTopic(id), encodeHint({ from: 0, to: 0, status: erased.status }))
    await events.publish('jobs')
    ports.background.run('remove an erased log', () => sealTrace(ports, id))
    return ok(erased)
  }
  const job = await jobs.find(id)
  if (!job) return err({ kind: 'job_not_found', id })
  const reason = isFinished(job.status) ? `Job ${id} has neither a log nor artifacts.` : undefined
  return err({ kind: 'transition_impossible', id, status: job.status, ...(reason && { reason }) })
}
