/** What tests of other packages use. */
export { expectedVerdict, WHEN } from './testing/expected-verdict.ts'
export { sampleTakenJob, type TakenJobParts } from './testing/taken-job.ts'
