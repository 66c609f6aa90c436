/** Creates pipelines and jobs. */
export { createJob, type JobRequest } from './create-job.ts'
export { createPipeline, type PipelineRequest } from './create-pipeline.ts'
