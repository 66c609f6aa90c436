import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job } from '../jobs/job.ts'
import type { Project } from '../projects/project.ts'
import type { Runner } from '../runners/runner.ts'
import type { NewPipeline } from './new-pipeline.ts'

/** A runner that asks for work. */
export interface Claim {
  readonly runner: Runner
  readonly managerId: number | null
  /** Names of the features the request announced. */
  readonly features: readonly string[]
  /** Only jobs queued longer than this many seconds; null: all. */
  readonly jobAge: number | null
  /** Digest of the job token made for this claim. */
  readonly tokenDigest: string
  readonly fairScheduling: boolean
  /** Seconds after which a job counts as archived; null: never. */
  readonly archiveAfter: number | null
  readonly session: TerminalSession | null
  /** The request had been held. */
  readonly answersHold: boolean
}

/** Where the runner's interactive session server listens; kept while the job runs. */
export interface TerminalSession {
  readonly url: string
  readonly certificate: string
  readonly authorization: string
}

/** A job that was just taken, with everything its payload needs. */
export interface TakenJob {
  readonly job: Job
  readonly definition: JobDefinition
  readonly project: Project
  readonly pipeline: {
    readonly id: number
    /** Counts per project from 1. */
    readonly iid: number
    readonly source: string
    readonly createdAt: Date
    readonly variables: NewPipeline['variables']
  }
  readonly timeInQueueSeconds: number
  /** Candidates the search saw. */
  readonly queueSize: number
  /** Jobs of this project that ran on instance runners before this one, counted up to 100. */
  readonly runningOnInstanceRunners: number
}

/** A job that was taken, and that this release must not run because it does not know what all of it means. */
export interface LeftJob {
  readonly id: number
  /** Digest of the job token of the claim. */
  readonly tokenDigest: string
  /** Whether the job or its pipeline, or else its project, is of a newer version. */
  readonly part: 'job' | 'project'
  readonly version: number
  /** The job's own limit in seconds, as it was before the claim. */
  readonly timeout: number | null
}

export type ClaimOutcome =
  | { readonly kind: 'taken'; readonly taken: TakenJob }
  /** A pre-assignment check failed: the job is failed, `remaining` candidates are left. */
  | { readonly kind: 'rejected'; readonly jobId: number; readonly reason: string; readonly remaining: number }
  /** The job was taken, and what is stored of it, its pipeline or its project cannot be read. */
  | { readonly kind: 'damaged'; readonly jobId: number; readonly remaining: number }
  /** The job was taken, and a newer release stored a part of it: `leaveToNewer` puts it back. */
  | ({ readonly kind: 'newer'; readonly jobId: number } & Pick<LeftJob, 'part' | 'version' | 'timeout'>)
  /** There are jobs for the runner, and only a newer release can read what is stored of them. */
  | { readonly kind: 'left' }
  /** There are candidates, and every one that was looked at is being taken by someone else. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'none' }
