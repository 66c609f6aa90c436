import { err, ok, type Result } from '@yardmaster/common'
import type { PipelineNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Pipeline } from './pipeline.ts'

/** Returns a pipeline with the status that its jobs have at this moment: lists may be some milliseconds behind. */
export async function currentPipeline(
  { pipelines }: Pick<Ports, 'pipelines'>,
  id: number,
): Promise<Result<Pipeline, PipelineNotFound>> {
  await pipelines.settle([id])
  const pipeline = await pipelines.find(id)
  return pipeline ? ok(pipeline) : err({ kind: 'pipeline_not_found', id })
}
