import { err, type Result } from '@yardmaster/common'
import type { PipelineNotFound, PipelineOver } from '../errors.ts'
import { type CancelPorts, cancelJobs } from './cancel-jobs.ts'
import { currentPipeline } from './current-pipeline.ts'
import type { Pipeline } from './pipeline.ts'

/**
 * Cancels all jobs of a pipeline that are not over.
 *
 * @returns the pipeline afterwards; `pipeline_over` when all its jobs are over.
 */
export async function cancelPipeline(
  ports: CancelPorts,
  id: number,
): Promise<Result<Pipeline, PipelineNotFound | PipelineOver>> {
  const found = await currentPipeline(ports, id)
  if (!found.ok) return found
  const jobs = await ports.pipelines.unfinishedJobs(id)
  if (jobs.length === 0) return err({ kind: 'pipeline_over', id, status: found.value.status })
  await cancelJobs(ports, jobs)
  return await currentPipeline(ports, id)
}
