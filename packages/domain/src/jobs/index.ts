/** Describes jobs and authorizes access to them. */
export { authorizeJob } from './authorize-job.ts'
export { describeJob, type JobDescription } from './describe-job.ts'
export { EXECUTING, FINISHED, isFinished, JOB_STATUSES, type Job, type JobStatus, RETRYABLE, WAITING } from './job.ts'
export { RULES } from './matching.ts'
export { type After, isMove, MOVES, type MoveName } from './moves.ts'
export type { JobVariable } from './predefined-variables.ts'
export { repositoryOf, UNKNOWN_SHA } from './repository.ts'
export { jobVariables } from './variables.ts'
