/** Creates pipelines and jobs. */
export { createJob, type JobRequest } from './create-job.ts'
export { createPipeline, type PipelineRequest } from './create-pipeline.ts'
export { type Lint, lintConfig } from './lint-config.ts'
export { PIPELINE_SOURCES } from './plan-config.ts'
