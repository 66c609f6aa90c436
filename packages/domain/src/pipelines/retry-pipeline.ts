import { err, type Result } from '@yardmaster/common'
import type { PipelineNotFound, PipelineNotRetryable } from '../errors.ts'
import { isOfRemovedProject } from '../jobs/is-of-removed-project.ts'
import type { Ports } from '../ports.ts'
import { advancePipeline } from '../processing/advance-pipeline.ts'
import { isArchived } from '../processing/is-archived.ts'
import type { RetryPorts } from '../processing/retry-job.ts'
import { currentPipeline } from './current-pipeline.ts'
import type { Pipeline } from './pipeline.ts'

/**
 * Retries all jobs of a pipeline that failed or were canceled: each gets a new attempt, which starts when the jobs
 * before it allow it; one that was started by hand waits for that again. Skipped jobs get another chance.
 *
 * @returns the pipeline afterwards; `pipeline_not_retryable` when no job failed or was canceled, or it is archived, or a
 * job's record cannot be read.
 * @see `docs/pipelines.md 4`
 */
export async function retryPipeline(
  ports: RetryPorts & Pick<Ports, 'pipelines'>,
  id: number,
): Promise<Result<Pipeline, PipelineNotFound | PipelineNotRetryable>> {
  const found = await currentPipeline(ports, id)
  if (!found.ok) return found
  const refuse = (reason: string) => err({ kind: 'pipeline_not_retryable' as const, id, reason })
  const failed = await ports.pipelines.failedJobs(id)
  const [first] = failed
  if (first === undefined) return refuse(`No job of pipeline ${id} failed or was canceled.`)
  if (await isOfRemovedProject(ports, first)) return refuse(`The project of pipeline ${id} has been removed.`)
  if (await isArchived(ports, first)) return refuse(`Pipeline ${id} is too old to be run again.`)
  const jobs = []
  for (const job of failed) {
    const definition = await ports.jobs.definition(job)
    if (definition === 'newer') return refuse(`A newer release created job ${job}: only that one can run it again.`)
    if (!definition) return refuse(`The record of job ${job} is damaged: it cannot be run again.`)
    jobs.push({ id: job, allowFailure: definition.allowFailure, timeout: definition.timeout })
  }
  await ports.pipelines.retry(id, jobs)
  await advancePipeline(ports, id)
  await ports.events.publish('jobs')
  await ports.events.publish('pipelines')
  return await currentPipeline(ports, id)
}
