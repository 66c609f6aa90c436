import { err, ok, type Result } from '@yardmaster/common'
import { oneByOne } from '../background.ts'
import type { JobNotFound, TransitionImpossible } from '../errors.ts'
import { isExecuting, type Job, type JobStatus } from '../jobs/job.ts'
import { canMove } from '../jobs/moves.ts'
import type { Ports } from '../ports.ts'
import { followUp } from '../processing/follow-up.ts'
import { encodeHint, jobTopic } from '../wakeups/job-events.ts'
import { type EndPorts, endJob } from './end-job.ts'

/** The job may change state between reading and acting; after this many attempts the call fails. */
const TRIES = 5

/**
 * Cancels a job. A job that no runner has taken, or whose token was never used, becomes `canceled`. A running job
 * becomes `canceling` if its manager announced that it can stop gracefully, and then ends `canceled` whatever it
 * reports. Otherwise, or when forced, it becomes `canceled` at once and its runner is refused from then on.
 *
 * A trigger job takes its child pipeline with it.
 *
 * @returns `transition_impossible` for a finished job, and for a `canceling` one unless forced.
 * @see `docs/protocol/job-update.md 6, 7`
 */
export async function cancelJob(
  ports: CancelJobPorts & Pick<Ports, 'pipelines'>,
  request: CancelRequest,
): Promise<Result<Job, JobNotFound | TransitionImpossible>> {
  const canceled = await cancelAlone(ports, request)
  if (!canceled.ok || canceled.value.downstreamPipelineId === null) return canceled
  const below = await ports.pipelines.unfinishedJobs(canceled.value.downstreamPipelineId)
  await oneByOne(ports, below, 'cancel job', (id) => cancelAlone(ports, { id }))
  return canceled
}

export type CancelJobPorts = EndPorts & Pick<Ports, 'runners'>

interface CancelRequest {
  readonly id: number
  readonly force?: boolean | undefined
}

/** As `cancelJob`, without the child pipeline of a trigger job. */
export async function cancelAlone(
  ports: CancelJobPorts,
  { id, force = false }: CancelRequest,
): Promise<Result<Job, JobNotFound | TransitionImpossible>> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const job = await ports.jobs.find(id)
    if (!job) return err({ kind: 'job_not_found', id })
    if (!isCancelable(job.status, force)) {
      return err({ kind: 'transition_impossible', id, status: job.status })
    }
    const canceled = await cancel(ports, job, force)
    if (canceled) return ok(canceled)
  }
  throw new Error(`job ${id} kept changing while it was being canceled`)
}

const isCancelable = (status: JobStatus, force: boolean): boolean =>
  canMove(status, 'cancelWaiting') || canMove(status, force ? 'cancel' : 'cancelGracefully')

/** Returns null when the job has changed. */
async function cancel(ports: CancelJobPorts, job: Job, force: boolean): Promise<Job | null> {
  if (isExecuting(job.status) && (force || !(await stopsGracefully(ports, job)))) {
    return await endJob(ports, job.id, { event: 'cancel' })
  }
  if (job.status === 'running') {
    // Nothing has begun that could stop gracefully: the runner is refused at its first call and drops the job.
    const unaccepted = await endJob(ports, job.id, { event: 'cancel', ifSilentSince: null })
    if (unaccepted) return unaccepted
  }
  const canceled = isExecuting(job.status)
    ? await ports.jobs.beginCanceling(job.id)
    : await ports.jobs.cancelWaiting(job.id)
  if (canceled) {
    const { id, status, traceSize: size } = canceled
    await ports.events.publish(jobTopic(id), encodeHint({ from: size, to: size, status }))
    await ports.events.publish('jobs')
    if (status === 'canceled') ports.background.run('follow up a job', () => followUp(ports, canceled))
  }
  return canceled
}

/** Returns what the job's manager announced last. */
async function stopsGracefully({ runners }: Pick<Ports, 'runners'>, { runnerId, managerId }: Job): Promise<boolean> {
  if (runnerId === null || managerId === null) return false
  const manager = (await runners.managers(runnerId)).find(({ id }) => id === managerId)
  const feature = (manager?.features as Readonly<Record<string, unknown>> | undefined)?.cancel_gracefully
  return feature !== undefined && feature !== null && feature !== false
}
