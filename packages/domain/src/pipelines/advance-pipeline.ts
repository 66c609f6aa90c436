import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job, JobStatus } from '../jobs/job.ts'
import type { PipelineJob, Ports } from '../ports.ts'
import { tickForJob } from '../wakeups/tick-for-job.ts'
import { fires, outcomeBefore } from './processing.ts'

type QueuePorts = Pick<Ports, 'jobs' | 'runners' | 'scratch' | 'events' | 'clock'>

/** Each time around something moved, here or elsewhere; the sweep goes on where this many times were not enough. */
const MOST_ROUNDS = 1000

/**
 * Starts, or skips, the jobs of a pipeline whose predecessors have come to an outcome. Every step is conditional on the
 * job being `created` still and on no job of the pipeline having been retried or played since, so that any caller may
 * ask at any time.
 *
 * @see `docs/pipelines.md 2`
 */
export async function advancePipeline(ports: QueuePorts, pipelineId: number): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { retries, jobs } = await ports.jobs.pipelineState(pipelineId)
    const byId = new Map(jobs.map((job) => [job.id, job]))
    let tried = false
    for (const job of jobs) {
      if (job.status !== 'created') continue
      const before = job.waitsFor.flatMap((id) => byId.get(id) ?? [])
      const outcome = outcomeBefore(job, before)
      if (outcome === null) continue
      tried = (await start(ports, job, outcome, retries)) || tried
    }
    // A skipped job may settle others; a step that could not be done was overtaken by another caller.
    if (!tried) return
  }
}

/** False for a job of a newer release, which that release starts. */
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
  if (!fires(when, job, outcome)) await ports.jobs.setCreated(job.id, 'skipped', { ifRetries })
  else if (when === 'manual') await ports.jobs.setCreated(job.id, 'manual', { ifRetries })
  else if (when === 'delayed') await ports.jobs.setCreated(job.id, 'scheduled', { ifRetries, startIn })
  else await queueCreated(ports, job.id, ['created'], ifRetries)
}

/** A job whose record cannot be read ends once; a retry would copy the damage. */
async function failDamaged(ports: QueuePorts, id: number): Promise<void> {
  if (!(await ports.jobs.dropWaiting(id, 'data_integrity_failure'))) return
  await ports.jobs.decideNoRetry(id)
  await ports.events.publish('jobs')
}

/** Into the queue, or among those who wait for the same resource, if it is in one of these states. */
export async function queueCreated(
  ports: QueuePorts,
  id: number,
  from: readonly JobStatus[],
  ifRetries?: number,
): Promise<void> {
  const job = await ports.jobs.find(id)
  if (job) await enqueue(ports, job, from, ifRetries)
}

/** The same, with the job as it is then; null if it was in none of these states. */
export async function enqueue(
  ports: QueuePorts,
  { id, tags }: Pick<Job, 'id' | 'tags'>,
  from: readonly JobStatus[],
  ifRetries?: number,
): Promise<Job | null> {
  const queued = await ports.jobs.enqueue(id, tags, from, ifRetries)
  return queued && (await announceQueued(ports, queued))
}

/** Wakes the runners that could take a job that was just queued. The job as it is then. */
export async function announceQueued(ports: QueuePorts, queued: Job): Promise<Job> {
  const settled = (await takeFreedResource(ports, queued)) ?? queued
  if (settled.status === 'pending') await tickForJob(ports, settled)
  await ports.events.publish('jobs')
  return settled
}

/**
 * Whoever gave the resource up while a job was just about to wait for it did not see the job waiting. Asked for again, now
 * that everybody sees it, it is either had, or in the hands of somebody who will pass it on. Null if it is not had.
 */
export async function takeFreedResource({ jobs }: Pick<QueuePorts, 'jobs'>, job: Job): Promise<Job | null> {
  if (job.status !== 'waiting_for_resource') return null
  return await jobs.enqueue(job.id, job.tags, ['waiting_for_resource'])
}
