import type { Job } from '@yardmaster/domain/jobs'
import { showPipelineInEvent } from './pipeline.ts'
import { showJob } from './show-jobs.ts'

/** Returns how webhooks are shown jobs and pipelines. */
export const showEvents = (services: Parameters<typeof showJob>[0]) => ({
  showJob: (job: Job) => showJob(services, job),
  showPipeline: showPipelineInEvent,
})
