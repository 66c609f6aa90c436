import { err, type Result } from '@yardmaster/common'
import type { PipelineNotFound, PipelineOver } from '../errors.ts'
import { type CancelPorts, cancelJobs } from './cancel-jobs.ts'
import { currentPipeline } from './current-pipeline.ts'
import type { Pipeline } from './pipeline.ts'

/**
 * Cancels all jobs of a pipeline, and of all pipelines below it, that are not over.
 *
 * @returns the pipeline afterwards; `pipeline_over` when all its jobs are over.
 */
export async function cancelPipeline(
  ports: CancelPorts,
  id: number,
): Promise<Result<Pipeline, PipelineNotFound | PipelineOver>> {
  const found = await currentPipeline(ports, id)
  if (!found.ok) return found
  const tried = new Set<number>()
  // A trigger job may get its child while others are being canceled.
  for (;;) {
    const jobs = (await ports.pipelines.unfinishedJobs(id)).filter((job) => !tried.has(job))
    if (jobs.length === 0) break
    for (const job of jobs) tried.add(job)
    await cancelJobs(ports, jobs)
  }
  if (tried.size === 0) return err({ kind: 'pipeline_over', id, status: found.value.status })
  return await currentPipeline(ports, id)
}
