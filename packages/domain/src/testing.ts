/** What tests of other packages use. */
export { expectedVerdict, WHEN } from './pipelines/expected-verdict.ts'
