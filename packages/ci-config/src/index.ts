/** Turns the keywords of `.gitlab-ci.yml` into job definitions. It does no I/O and also runs in a browser. */
export type { DefinitionInvalid } from './definition-invalid.ts'
export { parseExpiry } from './duration.ts'
export { expandAtCreation } from './expand-at-creation.ts'
export { expandVariables } from './expand-variables.ts'
export { FAILURE_REASONS, failureReason } from './failure-reasons.ts'
export type {
  ArtifactsDefinition,
  CacheDefinition,
  ImageDefinition,
  JobDefinition,
  RetryDefinition,
  ServiceDefinition,
} from './job-definition.ts'
export { REPORT_TYPES } from './keywords/report-types.ts'
export {
  type NamedDefinition,
  parseDefinition,
  parseNamedDefinition,
  requiredFeatures,
} from './parse-job.ts'
export { DEFINITION, storedDefinition, upgradeDefinition, VARIABLE } from './stored-definition.ts'
export type { Variable } from './variable.ts'
