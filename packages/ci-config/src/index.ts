/** Turns the keywords of `.gitlab-ci.yml` into job definitions. It does no I/O and also runs in a browser. */
export type { DefinitionInvalid } from './definition-invalid.ts'
export { parseExpiry } from './duration.ts'
export { expandAtCreation } from './expand-at-creation.ts'
export { expandVariables } from './expand-variables.ts'
export { FAILURE_REASONS, failureReason } from './failure-reasons.ts'
export type { JobDefinition } from './job-definition.ts'
export type { ArtifactsDefinition } from './keywords/artifacts.ts'
export type { CacheDefinition } from './keywords/cache.ts'
export type { RetryDefinition } from './keywords/control.ts'
export type { ImageDefinition, ServiceDefinition } from './keywords/image.ts'
export type { Keyword } from './keywords/keyword.ts'
export { REPORT_TYPES } from './keywords/report-types.ts'
export { KEYWORDS, passedOn } from './keywords.ts'
export {
  type NamedDefinition,
  parseDefinition,
  parseNamedDefinition,
  requiredFeatures,
} from './parse-job.ts'
export { DEFINITION, storedDefinition, upgradeDefinition } from './stored-definition.ts'
export { VARIABLE, type Variable } from './variable.ts'
