import type { JobDefinition, JobEnvironment, Variable } from '@yardmaster/ci-config'
import type { After } from '../jobs/moves.ts'
import type { MergeRequest } from '../pipelines/merge-request.ts'

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
  /** Names of the jobs that it needs; null, the default, when it waits for earlier stages. */
  readonly needs?: readonly string[] | null | undefined
  /** The environment that it deploys to, stops, or works in. */
  readonly environment?: JobEnvironment | null | undefined
  /** The failure reason of a job that must not touch its environment: it fails when a runner would take it. */
  readonly environmentRefusal?: string | null | undefined
  /** Its place among parallel jobs, from 1, and how many there are. */
  readonly parallel?: { readonly index: number; readonly total: number } | null | undefined
  /** Seconds until a `scheduled` job is queued. */
  readonly startIn?: number | null | undefined
  /** Without these runner features the job fails when it is taken (`docs/protocol/job-request.md 7`). */
  readonly requiredFeatures: readonly string[]
}

/** What happens to the jobs of a pipeline by itself: when its ref gets a new commit, and when one of them fails. */
export interface AutoCancel {
  readonly onNewCommit: 'conservative' | 'interruptible' | 'none'
  readonly onJobFailure: 'all' | 'none'
}

/** What the children of a pipeline see of the request that it was made of; encrypted at rest. */
export interface PipelineOrigin {
  /** The texts of the commit's files by path; null when they are not known. */
  readonly files: Readonly<Record<string, string>> | null
  /** Null when they are not known. */
  readonly changedPaths: readonly string[] | null
  readonly mergeRequest: MergeRequest | null
}

/** A run of a schedule, which is noted with its pipeline in one transaction. */
export interface ScheduledRun {
  readonly id: number
  /**
   * The time that it is due at: the pipeline is created only while this is still the schedule's next run. Null when it
   * is run besides its times, which leaves the next run as it is.
   */
  readonly due: { readonly at: Date; readonly nextRunAt: Date | null } | null
  /** The time of the run. */
  readonly runAt: Date
}

/** A change that a forge told of, which is noted as done with its pipeline in one transaction. */
export interface HookedChange {
  readonly id: number
  /** The taking of the delivery: the pipeline is created only while nobody else took it since. */
  readonly taken: number
  /** How many of its changes are done before this one. */
  readonly done: number
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
  readonly name?: string | null | undefined
  /** The first line of the message of its commit. */
  readonly commitTitle?: string | null | undefined
  /** Who made it, in words for people. */
  readonly createdBy?: string | null | undefined
  readonly beforeSha?: string | null | undefined
  /** Sentences about parts of its configuration that have no effect. */
  readonly warnings?: readonly string[] | undefined
  /** The text of the configuration with everything put in that it includes; encrypted at rest. */
  readonly configuration?: string | null | undefined
  readonly autoCancel?: AutoCancel | undefined
  /** The trigger job that it is the child of; it must be running and have no child yet. */
  readonly parentJobId?: number | null | undefined
  /** The run of a schedule that it is created for; the schedule must still exist. */
  readonly scheduledRun?: ScheduledRun | null | undefined
  /** The change that it is created for; nobody else may have taken its delivery since. */
  readonly hookDelivery?: HookedChange | null | undefined
  /** Whether it is for a merge request from a fork, or is a child of such a pipeline: its jobs get no secrets. */
  readonly fromFork?: boolean | undefined
  /** The working tree that it runs, by the name behind `refs/runs/`; absent for others. */
  readonly run?: string | null | undefined
  /** What its children will need, if it may have any and is not a child itself. */
  readonly origin?: PipelineOrigin | null | undefined
  readonly jobs: readonly NewJob[]
}
