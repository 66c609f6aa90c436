import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job, JobStatus } from '../jobs/job.ts'
import type { Before } from '../jobs/moves.ts'
import type { PipelineJob, Ports } from '../ports.ts'
import { tickForJob } from '../wakeups/tick-for-job.ts'
import { fires, outcomeBefore } from './composite-status.ts'

type QueuePorts = Pick<Ports, 'jobs' | 'runners' | 'scratch' | 'events' | 'clock'>

/** Each round follows a change, made here or elsewhere. If this many rounds are not enough, the sweep continues. */
const MOST_ROUNDS = 1000

/**
 * Starts or skips the jobs of a pipeline whose predecessors have an outcome. Every step requires that the job is still
 * `created` and that no job of the pipeline was retried or played since, so that this may be called at any time.
 *
 * @see `docs/pipelines.md 2`
 */
export async function advancePipeline(ports: QueuePorts, pipelineId: number): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { retries, jobs } = await ports.jobs.pipelineState(pipelineId)
    const outcomeFor = outcomes(jobs)
    let tried = false
    for (const job of jobs) {
      if (job.status !== 'created') continue
      const outcome = outcomeFor(job)
      if (outcome === null) continue
      tried = (await start(ports, job, outcome, retries)) || tried
    }
    // A skipped job may decide others; a step that failed was overtaken by another caller.
    if (!tried) return
  }
}

/** Combines the jobs before each stage once: hundreds of jobs may wait for the same hundreds. */
function outcomes(jobs: readonly PipelineJob[]): (job: PipelineJob) => JobStatus | null {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const beforeStages = new Map<number, JobStatus | null>()
  return ({ stageIndex, waitsFor }) => {
    if (waitsFor)
      return outcomeBefore(
        { byStage: false },
        waitsFor.flatMap((id) => byId.get(id) ?? []),
      )
    const known = beforeStages.get(stageIndex)
    if (known !== undefined) return known
    const earlier = jobs.filter((job) => job.stageIndex < stageIndex)
    const outcome = outcomeBefore({ byStage: true }, earlier)
    beforeStages.set(stageIndex, outcome)
    return outcome
  }
}

/** Returns false for a job of a newer release, which that release starts. */
async function start(ports: QueuePorts, job: PipelineJob, outcome: JobStatus, ifRetries: number): Promise<boolean> {
  const definition = await ports.jobs.definition(job.id)
  if (definition === 'newer') return false
  if (definition) await startAs(ports, definition, job, outcome, ifRetries)
  else await failDamaged(ports, job.id)
  return true
}

async function startAs(
  ports: QueuePorts,
  { when, startIn }: JobDefinition,
  job: PipelineJob,
  outcome: JobStatus,
  ifRetries: number,
): Promise<void> {
  if (!fires(when, { byStage: job.waitsFor === null }, outcome))
    await ports.jobs.setCreated(job.id, 'skipped', { ifRetries })
  else if (when === 'manual') await ports.jobs.setCreated(job.id, 'manual', { ifRetries })
  else if (when === 'delayed') await ports.jobs.setCreated(job.id, 'scheduled', { ifRetries, startIn })
  else await queueCreated(ports, job.id, ['created'], ifRetries)
}

/** Fails a job whose record cannot be read. It is not retried: a retry would copy the damage. */
async function failDamaged(ports: QueuePorts, id: number): Promise<void> {
  if (!(await ports.jobs.dropWaiting(id, 'data_integrity_failure'))) return
  await ports.jobs.decideNoRetry(id)
  await ports.events.publish('jobs')
}

/** Queues a job that is in one of these states, or lets it wait for its resource. */
export async function queueCreated(
  ports: QueuePorts,
  id: number,
  from: readonly Before<'enqueue'>[],
  ifRetries?: number,
): Promise<void> {
  const job = await ports.jobs.find(id)
  if (job) await enqueue(ports, job, from, ifRetries)
}

/** As `queueCreated`, and returns the job afterwards, or null if it was in another state. */
async function enqueue(
  ports: QueuePorts,
  { id, tags }: Pick<Job, 'id' | 'tags'>,
  from: readonly Before<'enqueue'>[],
  ifRetries?: number,
): Promise<Job | null> {
  const queued = await ports.jobs.enqueue(id, tags, from, ifRetries)
  return queued && (await announceQueued(ports, queued))
}

/** Wakes the runners that could take a job that was just queued. Returns the job afterwards. */
export async function announceQueued(ports: QueuePorts, queued: Job): Promise<Job> {
  const settled = (await takeFreedResource(ports, queued)) ?? queued
  // A trigger job is started by the server, once the change of its pipeline is known.
  if (settled.status === 'pending' && settled.kind === 'build') await tickForJob(ports, settled)
  await ports.events.publish('jobs')
  return settled
}

/**
 * Tries again to get the resource for a job that has just begun to wait for it. A job that released the resource a
 * moment before could not see this one waiting. Now that it is visible, either this attempt gets the resource, or
 * another job has it and will pass it on. Returns null if it was not obtained.
 */
export async function takeFreedResource({ jobs }: Pick<QueuePorts, 'jobs'>, job: Job): Promise<Job | null> {
  if (job.status !== 'waiting_for_resource') return null
  return await jobs.enqueue(job.id, job.tags, ['waiting_for_resource'])
}
