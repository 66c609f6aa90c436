import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job } from '../jobs/job.ts'
import type { Project } from '../projects/project.ts'
import type { Runner } from '../runners/runner.ts'
import type { NewPipeline } from './new-pipeline.ts'

/** A runner's request for work. */
export interface Claim {
  readonly runner: Runner
  readonly managerId: number | null
  /** Names of the features that the request announced. */
  readonly features: readonly string[]
  /** Accepts only jobs queued longer than this many seconds; null accepts all. */
  readonly jobAge: number | null
  /** Digest of the job token created for this claim. */
  readonly tokenDigest: string
  readonly fairScheduling: boolean
  /** Seconds after which a job counts as archived; null for never. */
  readonly archiveAfter: number | null
  readonly session: TerminalSession | null
  /** Whether the request was held. */
  readonly answersHold: boolean
}

/** The address of the runner's terminal session server; kept while the job runs. */
export interface TerminalSession {
  readonly url: string
  readonly certificate: string
  readonly authorization: string
}

/** A job that was just claimed, with everything that its payload needs. */
export interface TakenJob {
  readonly job: Job
  readonly definition: JobDefinition
  readonly project: Project
  readonly pipeline: {
    readonly id: number
    /** Counted per project from 1. */
    readonly iid: number
    readonly source: string
    readonly createdAt: Date
    /** Whether it is for a merge request from a fork. */
    readonly fromFork: boolean
    readonly variables: NewPipeline['variables']
  }
  readonly timeInQueueSeconds: number
  /** The number of candidates that the search saw. */
  readonly queueSize: number
  /** The number of jobs of this project already running on instance runners, counted up to 100. */
  readonly runningOnInstanceRunners: number
}

/** A claimed job that is put back as it was. */
export interface ClaimedJob {
  readonly id: number
  /** Digest of the job token of the claim. */
  readonly tokenDigest: string
  /** In seconds: the job's own limit as it was before the claim. */
  readonly timeout: number | null
}

/** A claimed job that this release must not run because it does not understand all of it. */
export interface LeftJob extends ClaimedJob {
  /** Whether the newer version is in the job or its pipeline, or else in its project. */
  readonly part: 'job' | 'project'
  readonly version: number
}

export type ClaimOutcome =
  | { readonly kind: 'taken'; readonly taken: TakenJob }
  /** A check before the assignment failed: the job is failed, and `remaining` candidates are left. */
  | { readonly kind: 'rejected'; readonly jobId: number; readonly reason: string; readonly remaining: number }
  /** The job was claimed, and the stored data of it, its pipeline or its project can't be read. */
  | { readonly kind: 'damaged'; readonly jobId: number; readonly remaining: number }
  /** The job was claimed, and a newer release stored a part of it: `leaveToNewer` puts it back. */
  | ({ readonly kind: 'newer'; readonly jobId: number } & Pick<LeftJob, 'part' | 'version' | 'timeout'>)
  /** There are jobs for the runner, but only a newer release can read them. */
  | { readonly kind: 'left' }
  /** There are candidates, but each one examined is being claimed by another request. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'none' }
