/** Handles a job that a runner has: its log, its updates and its end. */
export { traceAppender } from './append-trace.ts'
export { cancelJob } from './cancel-job.ts'
export { endLostJobs } from './end-lost-jobs.ts'
export { endRemovedJobs } from './end-removed-jobs.ts'
export { eraseJob } from './erase-job.ts'
export { removeProject } from './remove-project.ts'
export { type JobLimits, timeOutJobs } from './time-out-jobs.ts'
export { updateJob } from './update-job.ts'
