import type { PipelineJob, Ports } from '../ports.ts'
import type { JobDefinition } from './definition.ts'
import type { JobStatus } from './job.ts'
import { tickForJob } from './tick-for-job.ts'

type QueuePorts = Pick<Ports, 'jobs' | 'runners' | 'scratch' | 'events' | 'clock'>

/**
 * Starts, or skips, the jobs of a pipeline that waited for others which are over now. Every step is conditional on the
 * job being `created` still, so that it may be called by anyone at any time.
 */
export async function advancePipeline(ports: QueuePorts, pipelineId: number): Promise<void> {
  for (;;) {
    const jobs = await ports.jobs.pipelineState(pipelineId)
    const byId = new Map(jobs.map((job) => [job.id, job]))
    let moved = false
    for (const job of jobs) {
      if (job.status !== 'created') continue
      const before = job.waitsFor.flatMap((id) => byId.get(id) ?? [])
      if (before.every(isSettled) && (await start(ports, job, before))) moved = true
    }
    // What was skipped may settle others.
    if (!moved) return
  }
}

/** A job that may stay manual for ever, because it may fail, holds nobody up. */
const isSettled = ({ status, settled, allowFailure }: PipelineJob): boolean =>
  settled && (['success', 'failed', 'canceled', 'skipped'].includes(status) || (status === 'manual' && allowFailure))

async function start(ports: QueuePorts, job: PipelineJob, before: readonly PipelineJob[]): Promise<boolean> {
  const definition = await ports.jobs.definition(job.id)
  if (!definition) return false
  if (!shallRun(definition.when, job, before)) return await ports.jobs.setCreated(job.id, 'skipped')
  if (definition.when === 'manual') return await ports.jobs.setCreated(job.id, 'manual')
  if (definition.when === 'delayed') return await ports.jobs.setCreated(job.id, 'scheduled', definition.startIn)
  return await queueCreated(ports, job.id, ['created'])
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

/** Into the queue, or among those who wait for the same resource; false if it was not in one of these states. */
export async function queueCreated(ports: QueuePorts, id: number, from: readonly JobStatus[]): Promise<boolean> {
  const job = await ports.jobs.find(id)
  const queued = job && (await ports.jobs.enqueue(id, job.tags, from))
  if (!queued) return false
  if (queued.status === 'pending') await tickForJob(ports, queued)
  await ports.events.publish('jobs')
  return queued.status !== job.status
}
