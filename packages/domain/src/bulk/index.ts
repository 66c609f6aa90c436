/** Changes of many jobs or runners, one after the other. */
export { changeJobs, JOB_CHANGES } from './change-jobs.ts'
export { changeRunners, RUNNER_CHANGES } from './change-runners.ts'
export { readProgress } from './progress.ts'
