import type { JobDefinition } from '@yardmaster/ci-config'

/** Statuses of a job that no runner has taken yet. */
export const WAITING = ['created', 'waiting_for_resource', 'preparing', 'manual', 'scheduled', 'pending'] as const
/** Statuses of a job that a runner has, so that its job token is valid. */
export const EXECUTING = ['running', 'canceling'] as const
/** Statuses of a job that may be retried, as a new job. */
export const RETRYABLE = ['success', 'failed', 'canceled'] as const
/** Statuses of a job that is over for good. */
export const FINISHED = [...RETRYABLE, 'skipped'] as const

export const JOB_STATUSES = [...WAITING, ...EXECUTING, ...FINISHED] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

const isOneOf =
  <Status extends JobStatus>(statuses: readonly Status[]) =>
  (status: JobStatus): status is Status =>
    statuses.some((one) => one === status)

export const isExecuting = isOneOf(EXECUTING)
export const isRetryable = isOneOf(RETRYABLE)
export const isFinished = isOneOf(FINISHED)

/** A job as people see it. Times are dates here; the API formats them. */
export interface Job {
  readonly id: number
  readonly name: string
  readonly stage: string
  /** The place of its stage in the pipeline, from 0. */
  readonly stageIndex: number
  readonly status: JobStatus
  readonly pipelineId: number
  readonly projectId: number
  readonly projectPath: string
  readonly ref: string
  /** Whether the ref is a tag. */
  readonly tag: boolean
  readonly sha: string | null
  readonly protected: boolean
  /** The tags that a runner must have. */
  readonly tags: readonly string[]
  readonly runnerId: number | null
  readonly managerId: number | null
  readonly failureReason: string | null
  readonly exitCode: number | null
  readonly allowFailure: boolean
  /** In seconds. The effective limit once it runs; before that the job's own limit, or null. */
  readonly timeout: number | null
  readonly timeoutSource: 'job' | 'project' | 'runner' | null
  readonly debugTrace: boolean
  readonly createdAt: Date
  /** When a delayed job is, or was, due to be queued automatically. */
  readonly scheduledAt: Date | null
  readonly queuedAt: Date | null
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly erasedAt: Date | null
  /** When its log was removed because it was too old. */
  readonly logRemovedAt: Date | null
  readonly updatedAt: Date
  readonly artifactsExpireAt: Date | null
  /** In bytes, as stored. */
  readonly traceSize: number
  /** `crc32:` and eight hex digits of the stored bytes, once finished. */
  readonly traceChecksum: string | null
  readonly traceInvalid: boolean
  readonly traceCorrupted: boolean
  readonly retriedBy: number | null
  readonly retryOf: number | null
  /** Ids of the jobs whose artifacts this one fetches. */
  readonly dependencies: readonly number[]
  /** Of the jobs of its project with the same resource group, only one is queued or executed at a time. */
  readonly resourceGroup: string | null
  /** Whether it waits for all jobs of earlier stages, and not for the jobs that it needs. */
  readonly byStage: boolean
  /** Names of the jobs that it needs; null when it waits for earlier stages. */
  readonly needs: readonly string[] | null
  /** When it starts; null for a job of a release that did not keep that in clear. */
  readonly when: JobDefinition['when'] | null
  readonly interruptible: boolean
  /** In percent, as its log said. */
  readonly coverage: number | null
  /** The name of the environment that it deploys to. */
  readonly environment: string | null
  /** Its place among parallel jobs, from 1, and how many there are; null outside of such jobs. */
  readonly parallelIndex: number | null
  readonly parallelTotal: number | null
  /** `trigger` when the server starts a child pipeline for it, `build` when a runner executes it. */
  readonly kind: 'build' | 'trigger'
  /** How a trigger job follows its child; null when it is over once the child exists, and for other jobs. */
  readonly strategy: 'depend' | 'mirror' | null
  /** The child pipeline of a trigger job, once it exists. */
  readonly downstreamPipelineId: number | null
  /** What the failure reason leaves open, such as the errors of a child's configuration: lines of sentences. */
  readonly failureDetail: string | null
}
