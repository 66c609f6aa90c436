import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job, JobStatus } from '../jobs/job.ts'
import type { Claim, ClaimOutcome, LeftJob } from './claim.ts'
import type { JobStateStore } from './job-state-store.ts'
import type { NewPipeline } from './new-pipeline.ts'

export interface JobFilter {
  readonly status?: JobStatus | undefined
  readonly projectId?: number | undefined
  readonly pipelineId?: number | undefined
  /** The whole name. */
  readonly name?: string | undefined
  readonly runnerId?: number | undefined
  /** Jobs that ask for this runner tag. */
  readonly runnerTag?: string | undefined
  /** Case-insensitive substring of name, project path or tag. */
  readonly search?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** What it takes to say whether a job token is good. */
export interface JobCredentials {
  readonly job: Job
  /** Null while nobody took the job. */
  readonly tokenDigest: string | null
  readonly projectDeleted: boolean
}

export interface JobEnd {
  /** `cancel`: at once, whether it was `running` or `canceling`. */
  readonly event: 'success' | 'drop' | 'cancel'
  /** Only if the job was not heard of since: the time of its last sign of life, null for none. Absent: whatever it was. */
  readonly ifSilentSince?: Date | null | undefined
  readonly failureReason: string | null
  /** As reported, a signed integer of 64 bits; stored so. Null: none was. */
  readonly exitCode: number | null
  /** What the log's pieces add up to, if the sender's checksum was compared; only true if the size still fits. */
  readonly trace: {
    readonly size: number
    readonly crc: number
    readonly invalid: boolean
    readonly corrupted: boolean
  }
}

export interface JobStore extends JobStateStore {
  /** The pipeline and its jobs in one transaction; ids in order. None if there is no such project, or no longer. */
  create(pipeline: NewPipeline): Promise<number[]>
  find(id: number): Promise<Job | null>
  /** Null when there is no such job, or its record is damaged; `newer` when a newer release stored it. */
  definition(id: number): Promise<JobDefinition | 'newer' | null>
  /** What its pipeline was given when it was made; empty for no job, null when the record is damaged. */
  pipelineVariables(id: number): Promise<NewPipeline['variables'] | 'newer' | null>
  /** Newest first. */
  list(filter: JobFilter): Promise<Job[]>
  /** One statement: exactly one caller gets a job, and nobody waits for a row lock. */
  claim(claim: Claim): Promise<ClaimOutcome>
  /**
   * Puts a job that was just taken back into the queue, for releases that can read it: claims of this one pass it over from
   * now on. False when the claim is not in force any more.
   */
  leaveToNewer(left: LeftJob): Promise<boolean>
  /** Pending jobs that claims pass over, because a newer release stored them. */
  countLeftToNewer(): Promise<number>
  /** What is kept to find pending jobs by and holds none now; how much there was. Makes claims cheaper, nothing else. */
  removeIdleLanes(): Promise<number>
  credentials(id: number): Promise<JobCredentials | null>
  /** The job whose token has this digest. */
  byToken(tokenDigest: string): Promise<JobCredentials | null>
  /** A sign of life; moves `updatedAt` if it is older than 15 minutes. The status now, null unless executing. */
  touch(id: number): Promise<JobStatus | null>
  /**
   * Ends an executing job in one conditional statement: `canceling` ends `canceled`, a drop may become allowed by its
   * exit code. Null if it was not executing or its log moved meanwhile (then ask again).
   */
  finish(id: number, end: JobEnd): Promise<Job | null>
  /** Marks the log as one with every variable in it. Never unmarked. */
  markDebug(id: number): Promise<void>
  /** Ids of executing jobs are not archived; finished ones with more than one piece or none sealed. */
  unsealed(limit: number): Promise<number[]>
  countByStatus(): Promise<Partial<Record<JobStatus, number>>>
  /** Of the given jobs of one project, the newest attempt of each. */
  latestAttempts(projectId: number, ids: readonly number[]): Promise<{ of: number; id: number; status: JobStatus }[]>
  /** Ids and names of the given jobs of one project that exist. */
  named(projectId: number, ids: readonly number[]): Promise<{ id: number; name: string }[]>
}
