import type { PipelineJob, Ports } from '../ports.ts'
import type { JobDefinition } from './definition.ts'
import type { Job, JobStatus } from './job.ts'
import { tickForJob } from './tick-for-job.ts'

type QueuePorts = Pick<Ports, 'jobs' | 'runners' | 'scratch' | 'events' | 'clock'>

/** Each time around something moved, here or elsewhere; the sweep goes on where this many times were not enough. */
const MOST_ROUNDS = 1000

/**
 * Starts, or skips, the jobs of a pipeline that waited for others which are over now. Every step is conditional on the
 * job being `created` still and none of the pipeline being tried again since, so that it may be called by anyone at any
 * time.
 */
export async function advancePipeline(ports: QueuePorts, pipelineId: number): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { retries, jobs } = await ports.jobs.pipelineState(pipelineId)
    const byId = new Map(jobs.map((job) => [job.id, job]))
    let tried = false
    for (const job of jobs) {
      if (job.status !== 'created') continue
      const before = job.waitsFor.flatMap((id) => byId.get(id) ?? [])
      if (!before.every(isSettled)) continue
      tried = true
      await start(ports, job, before, retries)
    }
    // What was skipped may settle others; what could not be done was overtaken by somebody.
    if (!tried) return
  }
}

/** A job that may stay manual for ever, because it may fail, holds nobody up. */
const isSettled = ({ status, settled, allowFailure }: PipelineJob): boolean =>
  settled && (['success', 'failed', 'canceled', 'skipped'].includes(status) || (status === 'manual' && allowFailure))

async function start(
  ports: QueuePorts,
  job: PipelineJob,
  before: readonly PipelineJob[],
  ifRetries: number,
): Promise<void> {
  const definition = await ports.jobs.definition(job.id)
  if (!definition) throw new Error(`job ${job.id} has no definition`)
  const { when, startIn } = definition
  if (!shallRun(when, job, before)) await ports.jobs.setCreated(job.id, 'skipped', { ifRetries })
  else if (when === 'manual') await ports.jobs.setCreated(job.id, 'manual', { ifRetries })
  else if (when === 'delayed') await ports.jobs.setCreated(job.id, 'scheduled', { ifRetries, startIn })
  else await queueCreated(ports, job.id, ['created'], ifRetries)
}

function shallRun(when: JobDefinition['when'], { byStage }: PipelineJob, before: readonly PipelineJob[]): boolean {
  if (when === 'always') return true
  if (when === 'on_failure') return before.some(({ status, allowFailure }) => status === 'failed' && !allowFailure)
  return before.every(
    ({ status, allowFailure }) =>
      status === 'success' ||
      status === 'manual' ||
      (status === 'failed' && allowFailure) ||
      (status === 'skipped' && byStage),
  )
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
  if (!queued) return null
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
