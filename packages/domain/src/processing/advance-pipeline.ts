import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job, JobStatus } from '../jobs/job.ts'
import type { Before } from '../jobs/moves.ts'
import type { PipelineJob, Ports } from '../ports.ts'
import { tickForJob } from '../wakeups/tick-for-job.ts'
import { fires, outcomeBefore } from './composite-status.ts'

/** What a job that is queued needs. */
export type QueuePorts = Pick<Ports, 'jobs' | 'runners' | 'scratch' | 'events' | 'clock'>

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
  if (!fires(when, { byStage: job.waitsFor === null }, outcome)) await setAside(ports, job, 'skipped', ifRetries)
  else if (when === 'manual') await setAside(ports, job, 'manual', ifRetries)
  else if (when === 'delayed') await ports.jobs.setCreated(job.id, 'scheduled', { ifRetries, startIn })
  else await queueCreated(ports, job.id, ['created'], ifRetries)
}

/** Skips a job or leaves it to a person. Jobs of its resource group may have waited because it was ahead of them. */
async function setAside(
  ports: QueuePorts,
  { id, resourceGroup }: PipelineJob,
  status: 'skipped' | 'manual',
  ifRetries: number,
): Promise<void> {
  if ((await ports.jobs.setCreated(id, status, { ifRetries })) && resourceGroup !== null) {
    await passOnResource(ports, { jobId: id })
  }
}

/** Fails a job whose record cannot be read. It is not retried: a retry would copy the damage. */
async function failDamaged(ports: QueuePorts, id: number): Promise<void> {
  const failed = await ports.jobs.dropWaiting(id, 'data_integrity_failure')
  if (!failed) return
  if (failed.resourceGroup !== null) await passOnResource(ports, { jobId: id })
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

/**
 * Wakes the runners that could take a job that was just queued. Returns the job afterwards.
 *
 * If it waits for its resource, tries once more. Whoever released the resource a moment before, or was ahead of it,
 * could not see it waiting. Now that it is visible, either this attempt gives the resource to the job whose turn it is,
 * or what keeps that one waiting will pass it on.
 */
export async function announceQueued(ports: QueuePorts, queued: Job): Promise<Job> {
  const isWaiting = queued.status === 'waiting_for_resource'
  const next = isWaiting ? await passOnResource(ports, { jobId: queued.id }) : null
  if (!isWaiting) await wakeRunners(ports, queued)
  await ports.events.publish('jobs')
  return next?.id === queued.id ? next : queued
}

/** A trigger job is started by the server, once the change of its pipeline is known. */
async function wakeRunners(ports: QueuePorts, job: Job): Promise<void> {
  if (job.status === 'pending' && job.kind === 'build') await tickForJob(ports, job)
}

/**
 * Queues the job whose turn it is in a resource group, or in that of a job, if there is one. Call it after each change
 * that releases the resource or by which a job is no longer ahead of others.
 *
 * @returns the job afterwards, or null.
 */
export async function passOnResource(
  ports: QueuePorts,
  of: Parameters<QueuePorts['jobs']['nextForResource']>[0],
): Promise<Job | null> {
  const id = await ports.jobs.nextForResource(of)
  const next = id === null ? null : await ports.jobs.find(id)
  const queued = next && (await ports.jobs.enqueue(next.id, next.tags, ['waiting_for_resource']))
  if (!queued) return null
  await wakeRunners(ports, queued)
  await ports.events.publish('jobs')
  return queued
}
