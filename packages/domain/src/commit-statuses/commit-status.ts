import type { Attempt } from '../deliveries/attempt.ts'
import type { Job, JobStatus } from '../jobs/job.ts'
import type { Forge } from './forge.ts'

/** What a status says, in words that every forge has an equivalent of (`forges.ts`). */
export type CommitState = 'pending' | 'running' | 'success' | 'failure' | 'canceled' | 'skipped'

/** A status as a forge shows it. */
export interface ShownStatus {
  readonly state: CommitState
  /** A short sentence. */
  readonly description: string
  /** The page of the pipeline or the job. */
  readonly url: string
}

/** The status of a commit that a forge has under one name, for a pipeline or a job. */
export interface CommitStatus {
  readonly id: number
  readonly projectId: number
  readonly sha: string
  /** The name by which forges know it. */
  readonly context: string
  /** The newest pipeline with this commit and context. */
  readonly pipelineId: number
  /** Null for the status of the pipeline itself. */
  readonly jobId: number | null
  readonly state: 'waiting' | 'delivered' | 'failed'
  /** When the pipeline or the job last changed. */
  readonly changedAt: Date
  /** When the next attempt is due; null for never. */
  readonly dueAt: Date | null
  /** What the forge accepted last; null for nothing yet. */
  readonly sent: ShownStatus | null
  readonly sentAt: Date | null
  /** The last attempts, the oldest first. */
  readonly attempts: readonly Attempt[]
}

/** A pipeline as its status describes it. */
export interface PipelineSubject {
  readonly kind: 'pipeline'
  readonly status: JobStatus
  /** Seconds; null until it is finished. */
  readonly duration: number | null
  /** Of the latest attempts of its jobs. */
  readonly jobs: number
  readonly failed: number
  /** Failed jobs that may fail. */
  readonly warnings: number
}

/** A job as its status describes it. */
export interface JobSubject {
  readonly kind: 'job'
  readonly status: JobStatus
  readonly allowFailure: boolean
  readonly failureReason: Job['failureReason']
  /** Seconds; null until it ended, or when it never ran. */
  readonly duration: number | null
}

/** A status that its sender has taken. What it says is read at that moment. */
export interface TakenStatus extends CommitStatus {
  /** Counts how often it was taken, and changes of its pipeline or job. */
  readonly takes: number
  readonly revision: number
  /** Failed attempts to send the present state. */
  readonly failures: number
  /** The branch or tag; null for a merge request. */
  readonly ref: string | null
  /** Null when the pipeline or the job no longer exists. */
  readonly subject: PipelineSubject | JobSubject | null
  readonly target: {
    readonly forge: Forge
    readonly address: string
    /** Null when the stored token is damaged. */
    readonly token: string | null
  }
}

/** The outcome of sending a taken status. */
export interface SettledStatus {
  readonly state: CommitStatus['state']
  /** Null when nothing had to be sent. */
  readonly attempt: Attempt | null
  /** What the forge now has; null when it refused, or has it already. */
  readonly sent: ShownStatus | null
  readonly againInMs: number | null
  /** Whether the attempt counts as failed. */
  readonly failed: boolean
}
