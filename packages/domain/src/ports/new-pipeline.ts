import type { JobDefinition, Variable } from '@yardmaster/ci-config'
import type { JobStatus } from '../jobs/job.ts'

export interface NewJob {
  readonly name: string
  readonly stage: string
  readonly definition: JobDefinition
  /** `pending` from the start, or `manual`, `scheduled`, `created`. */
  readonly status: JobStatus
  /** Positions in the pipeline's list of the jobs that have to be over first, and of those whose artifacts it fetches. */
  readonly waitsFor?: readonly number[] | undefined
  readonly fetchesFrom?: readonly number[] | undefined
  /** False: it named those it waits for. */
  readonly byStage?: boolean | undefined
  /** The place of its stage in the pipeline, from 0, which it is unless said. */
  readonly stageIndex?: number | undefined
  /** Seconds until a `scheduled` job is queued. */
  readonly startIn?: number | null | undefined
  /** Runner features without which the job fails when taken (`docs/protocol/job-request.md 7`). */
  readonly requiredFeatures: readonly string[]
}

export interface NewPipeline {
  readonly projectId: number
  readonly source: string
  readonly ref: string
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  /** The pipeline's own, given when it was made; encrypted at rest. */
  readonly variables: readonly (Variable & { readonly public?: boolean | undefined })[]
  readonly jobs: readonly NewJob[]
}
