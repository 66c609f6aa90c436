/** The language of `.gitlab-ci.yml`: whole configurations and single jobs. It does no I/O and also runs in a browser. */
export { type Compiled, type CompileOptions, compile } from './compile.ts'
export type { Configuration, Workflow } from './configuration.ts'
export { CoverageSearch } from './coverage-search.ts'
export type { DefinitionInvalid } from './definition-invalid.ts'
export { parseExpiry } from './duration.ts'
export type { CrossPipelineNeed, JobNeed } from './entries/needs.ts'
export type { Rule } from './entries/rules.ts'
export type { YamlVariable } from './entries/variables.ts'
export { type EnvironmentAction, isEnvironmentName, type JobEnvironment } from './environment.ts'
export { expandAtCreation } from './expand-at-creation.ts'
export { expandVariables, namesIn } from './expand-variables.ts'
export { isTrue } from './expressions/evaluate-expression.ts'
export { FAILURE_REASONS, failureReason } from './failure-reasons.ts'
export type { FamilyDependency } from './family-dependency.ts'
export type { Fault } from './fault.ts'
export type {
  ComponentAddress,
  ConfigSource,
  ProjectFiles,
  ProjectRefusal,
  RemoteAnswer,
  RemoteRequest,
} from './includes/config-source.ts'
export { filesSource } from './includes/files-source.ts'
export type { ShownInput } from './inputs/declared-input.ts'
export { showInputs } from './inputs/show-inputs.ts'
export {
  type InstantiateContext,
  type Instantiated,
  instantiate,
  type PipelineJob,
  type PipelinePlan,
} from './instantiate.ts'
export type { JobDefinition } from './job-definition.ts'
export type { CompiledJob } from './jobs/compiled-job.ts'
export type { ArtifactsDefinition } from './keywords/artifacts.ts'
export type { CacheDefinition } from './keywords/cache.ts'
export type { RetryDefinition } from './keywords/control.ts'
export type { IdToken } from './keywords/id-tokens.ts'
export type { ImageDefinition, ServiceDefinition } from './keywords/image.ts'
export type { Keyword } from './keywords/keyword.ts'
export { REPORT_TYPES } from './keywords/report-types.ts'
export { KEYWORDS, passedOn } from './keywords.ts'
export { type NamedDefinition, parseDefinition, parseNamedDefinition, requiredFeatures } from './parse-job.ts'
export {
  type JobVerdict,
  type KnownCommit,
  type OtherFiles,
  type ParentFile,
  type ParentPath,
  type Plan,
  type PlannedPipeline,
  type PlanRequest,
  planPipeline,
} from './plan.ts'
export type { PlannedJob } from './plan-jobs.ts'
export { type Choice, type ChoiceContext, chooseJobs } from './rules/choose-jobs.ts'
export type { Decision } from './rules/decide-job.ts'
export type { RuleVerdict } from './rules/explain-rules.ts'
export { expandKnown } from './rules/match-rule.ts'
export type { PipelineFacts } from './rules/pipeline-facts.ts'
export { DEFINITION, storedDefinition, upgradeDefinition } from './stored-definition.ts'
export type { TriggerDefinition } from './trigger-definition.ts'
export { VARIABLE, type Variable } from './variable.ts'
export type { Json } from './yaml/tree.ts'
