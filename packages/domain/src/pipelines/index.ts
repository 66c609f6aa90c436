/** Creates pipelines and jobs, and decides which job is due. */
export { advancePipeline } from './advance-pipeline.ts'
export { createJob, type JobRequest } from './create-job.ts'
export { createPipeline, type PipelineRequest } from './create-pipeline.ts'
export { catchUp } from './follow-up.ts'
export { playJob, startDelayedJobs } from './play-job.ts'
export { mostRetries, retryJob } from './retry-job.ts'
