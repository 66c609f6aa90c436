/** Helpers for tests of other packages. */
export { expectedVerdict, WHEN } from './testing/expected-verdict.ts'
export { steadyClock } from './testing/steady-clock.ts'
export { sampleTakenJob, type TakenJobParts } from './testing/taken-job.ts'
