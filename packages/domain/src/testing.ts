/** What tests of other packages use. */
export { expectedVerdict, WHEN } from './jobs/expected-verdict.ts'
