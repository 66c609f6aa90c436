/** Decides which jobs of a pipeline are due, and what follows from the end of one. */
export { COMPOSITE_LINES, compositeStatus } from './composite-status.ts'
export { catchUp } from './follow-up.ts'
export { playJob, startDelayedJobs } from './play-job.ts'
export { mostRetries, retryJob } from './retry-job.ts'
export { settleRecent } from './settle-recent.ts'
