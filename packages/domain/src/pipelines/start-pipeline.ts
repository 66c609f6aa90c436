import type { JobDefinition } from '@yardmaster/ci-config'
import type { NewPipeline } from '../ports.ts'
import { advancePipeline } from '../processing/advance-pipeline.ts'
import type { Services } from '../services.ts'
import { tickForJob } from '../wakeups/tick-for-job.ts'

/**
 * Stores a pipeline with its jobs in one transaction, wakes the runners for those that are queued at once, and decides
 * what becomes of the others. Returns null when the project has been removed.
 */
export async function startPipeline(
  ports: Pick<Services, 'jobs' | 'runners' | 'scratch' | 'events' | 'clock'>,
  pipeline: NewPipeline,
): Promise<{ readonly id: number; readonly jobIds: readonly number[] } | null> {
  const { projectId, jobs, protected: isProtected } = pipeline
  const jobIds = await ports.jobs.create(pipeline)
  const first = jobIds[0] === undefined ? null : await ports.jobs.find(jobIds[0])
  if (!first) return null
  const queued = jobs.filter(({ status }) => status === 'pending').map(({ definition }) => definition.tags)
  for (const tags of new Map(queued.map((each) => [[...each].sort().join('\n'), each])).values()) {
    await tickForJob(ports, { projectId, protected: isProtected, tags })
  }
  if (queued.length < jobIds.length) await advancePipeline(ports, first.pipelineId)
  await ports.events.publish('jobs')
  return { id: first.pipelineId, jobIds }
}

/** Returns the first status of a job: `pending` when it can be queued without further checks. */
export const firstStatus = (
  { when, resourceGroup, trigger }: JobDefinition,
  waitsFor: readonly number[],
): 'pending' | 'created' =>
  waitsFor.length === 0 && resourceGroup === null && trigger === null && (when === 'on_success' || when === 'always')
    ? 'pending'
    : 'created'
