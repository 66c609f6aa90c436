import type { FamilyDependency } from './family-dependency.ts'
import type { AllowedFailure, Start } from './keywords/control.ts'
import type { IdToken } from './keywords/id-tokens.ts'
import type { KeywordFields } from './keywords.ts'
import type { TriggerDefinition } from './trigger-definition.ts'
import type { Variable } from './variable.ts'

/** A job's keywords, validated and normalised. Stored encrypted as JSON, and never changed afterwards. */
export interface JobDefinition extends KeywordFields, Start, AllowedFailure {
  readonly beforeScript: readonly string[]
  readonly script: readonly string[]
  readonly afterScript: readonly string[]
  readonly variables: readonly Variable[]
  /** Ids of earlier jobs whose artifacts are fetched. */
  readonly dependencies: readonly number[]
  /** Jobs of other pipelines of the family whose artifacts are fetched too. They are looked up when a runner takes the job. */
  readonly familyDependencies: readonly FamilyDependency[]
  /** Lines of the step `release`; empty when there is no release. */
  readonly release: readonly string[]
  /** Step syntax: a list of step objects, sent as JSON text. */
  readonly run: readonly unknown[] | null
  /** Variable name → where a runner gets its value, in the form used on the wire (`docs/protocol/job-request.md 9`). */
  readonly secrets: Readonly<Record<string, unknown>>
  /** Signed when the job is handed to a runner. */
  readonly idTokens: readonly IdToken[]
  /** The child pipeline that the server starts in place of a script; null for a job that a runner executes. */
  readonly trigger: TriggerDefinition | null
}
