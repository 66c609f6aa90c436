import type { JobStatus } from '../jobs/job.ts'

/** A stage of a pipeline, with the latest attempts of its jobs. */
export interface PipelineStage {
  readonly name: string
  readonly status: JobStatus
  /** Whether a job of it failed or was canceled that may fail. */
  readonly hasAllowedFailures: boolean
  readonly jobIds: readonly number[]
}

/** Jobs that were created together, as people see them. */
export interface Pipeline {
  readonly id: number
  /** Counts per project from 1. */
  readonly iid: number
  readonly projectId: number
  readonly projectPath: string
  /** The composite status of the latest attempts of its jobs. */
  readonly status: JobStatus
  readonly ref: string
  /** Whether the ref is a tag. */
  readonly tag: boolean
  readonly sha: string | null
  readonly beforeSha: string | null
  /** Whether the ref is protected. */
  readonly protected: boolean
  readonly source: string
  /** Whether it is for a merge request from a fork, so that its jobs get no secrets. */
  readonly fromFork: boolean
  /**
   * The name behind `refs/runs/` of the working tree that it runs; null for others. Such a pipeline is as if the tree had
   * been pushed to `ref`, and counts nowhere as one of that ref.
   */
  readonly run: string | null
  readonly name: string | null
  /** The first line of the message of its commit; null when it is not known. */
  readonly commitTitle: string | null
  /** Who made it, in words; null for pipelines of earlier releases. */
  readonly createdBy: string | null
  readonly createdAt: Date
  /** When its first job started. */
  readonly startedAt: Date | null
  /** When its last job ended; null unless its status is `success`, `failed` or `canceled`. */
  readonly finishedAt: Date | null
  /** Seconds in which at least one of its jobs ran; null until it is finished. */
  readonly duration: number | null
  /** The mean of its jobs' coverage, in percent. */
  readonly coverage: number | null
  /** Whether a job failed or was canceled that may fail. */
  readonly hasAllowedFailures: boolean
  /** Sentences about parts of its configuration that have no effect. */
  readonly warnings: readonly string[]
  readonly stages: readonly PipelineStage[]
  /** The pipeline, and its trigger job, that this one is the child of; null for others. */
  readonly parentId: number | null
  readonly parentJobId: number | null
  /** How many pipelines are above it. */
  readonly depth: number
}
