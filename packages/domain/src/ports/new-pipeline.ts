import type { JobDefinition, Variable } from '@yardmaster/ci-config'
import type { After } from '../jobs/moves.ts'

export interface NewJob {
  readonly name: string
  readonly stage: string
  readonly definition: JobDefinition
  /** The initial status: `pending`, `manual`, `scheduled` or `created`. */
  readonly status: After<'create'>
  /** Positions in the pipeline's list: of the jobs that must be over first, and of those whose artifacts it fetches. */
  readonly waitsFor?: readonly number[] | undefined
  readonly fetchesFrom?: readonly number[] | undefined
  /** False when it named the jobs that it waits for. */
  readonly byStage?: boolean | undefined
  /** The index of its stage in the pipeline; default: 0. */
  readonly stageIndex?: number | undefined
  /** Seconds until a `scheduled` job is queued. */
  readonly startIn?: number | null | undefined
  /** Without these runner features the job fails when it is taken (`docs/protocol/job-request.md 7`). */
  readonly requiredFeatures: readonly string[]
}

export interface NewPipeline {
  readonly projectId: number
  readonly source: string
  readonly ref: string
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  /** The pipeline's own variables, given when it was created; encrypted at rest. */
  readonly variables: readonly (Variable & { readonly public?: boolean | undefined })[]
  readonly jobs: readonly NewJob[]
}
