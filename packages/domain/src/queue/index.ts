/** Assigns waiting jobs to the runners that poll for them. */
export { claimJob } from './claim-job.ts'
export { type Explanation, explainJob } from './explain-job.ts'
export type { HandedJob } from './hand-over-job.ts'
export { type HeldRequest, Hold, type HoldEnd } from './hold-requests.ts'
export { listeningSince } from './listening-since.ts'
export { noticeLeftJobs } from './notice-left-jobs.ts'
export { callerOf, type WorkAnswer, type WorkRequest, WorkRequests } from './request-work.ts'
export { kindOfSearch } from './share-searches.ts'
