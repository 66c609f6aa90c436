/** What tests of other packages use. */
export { expectedVerdict, WHEN } from './testing/expected-verdict.ts'
