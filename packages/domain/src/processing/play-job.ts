import { err, ok, type Result } from '@yardmaster/common'
import { oneByOne } from '../background.ts'
import type { JobNotFound, TransitionImpossible } from '../errors.ts'
import { isOfRemovedProject } from '../jobs/is-of-removed-project.ts'
import type { Job } from '../jobs/job.ts'
import { canMove } from '../jobs/moves.ts'
import type { Services } from '../services.ts'
import { advancePipeline, announceQueued, queueCreated } from './advance-pipeline.ts'
import { followUp } from './follow-up.ts'
import { isArchived } from './is-archived.ts'
import type { RetryPorts } from './retry-job.ts'

type PlayPorts = RetryPorts

/**
 * Queues a manual or delayed job now.
 *
 * @returns `transition_impossible` for any other job, and for one that is archived or whose project is removed.
 * @see `docs/pipelines.md 4`
 */
export async function playJob(ports: PlayPorts, id: number): Promise<Result<Job, JobNotFound | TransitionImpossible>> {
  const job = await ports.jobs.find(id)
  if (!job) return err({ kind: 'job_not_found', id })
  const refuse = (reason: string) => err({ kind: 'transition_impossible' as const, id, status: job.status, reason })
  if (await isOfRemovedProject(ports, id)) return refuse(`The project of job ${id} has been removed.`)
  if (canMove(job.status, 'play') && (await isArchived(ports, id))) return refuse(`Job ${id} is too old to be run.`)
  if (job.status === 'manual' && job.downstreamPipelineId !== null) {
    return refuse(`Job ${id} shows the status of pipeline ${job.downstreamPipelineId}: play the manual job there.`)
  }
  const played = await ports.jobs.play(id, job.tags)
  if (!played) {
    const { status } = (await ports.jobs.find(id)) ?? job
    return err({ kind: 'transition_impossible', id, status })
  }
  const queued = await announceQueued(ports, played)
  await advancePipeline(ports, job.pipelineId)
  return ok(queued)
}

/** A delayed job that is later than this is not started any more (`docs/protocol/job-update.md 8`). */
const STALE_SECONDS = 3600
const AT_ONCE = 100

/** Queues the delayed jobs that are due; fails those that are overdue by an hour. */
export async function startDelayedJobs(ports: PlayPorts & Pick<Services, 'background'>): Promise<void> {
  for (;;) {
    const due = await ports.jobs.delayed(AT_ONCE)
    const stale = new Set(due.filter(({ lateSeconds }) => lateSeconds > STALE_SECONDS).map(({ id }) => id))
    const ids = due.map(({ id }) => id)
    const done = await oneByOne(ports, ids, 'start the delayed job', async (id) => {
      // If the job is archived, the claim notices that and fails it.
      if (!stale.has(id)) return await queueCreated(ports, id, ['scheduled'])
      const dropped = await ports.jobs.dropWaiting(id, 'stale_schedule')
      if (dropped) await followUp(ports, dropped)
    })
    if (!done || ids.length < AT_ONCE) return
  }
}
