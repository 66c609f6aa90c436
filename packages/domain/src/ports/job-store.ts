import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job, JobStatus } from '../jobs/job.ts'
import type { Claim, ClaimedJob, ClaimOutcome, LeftJob } from './claim.ts'
import type { JobStateStore } from './job-state-store.ts'
import type { NewPipeline } from './new-pipeline.ts'
import type { JobScope } from './runner-store.ts'

export interface JobFilter {
  readonly status?: JobStatus | undefined
  readonly projectId?: number | undefined
  readonly pipelineId?: number | undefined
  /** The exact name of the branch or tag. */
  readonly ref?: string | undefined
  /** The whole commit. */
  readonly sha?: string | undefined
  /** The exact name. */
  readonly name?: string | undefined
  readonly runnerId?: number | undefined
  /** Only jobs that require this runner tag. */
  readonly runnerTag?: string | undefined
  /** Case-insensitive substring of name, project path or tag. */
  readonly search?: string | undefined
  /** Which job comes first, by the time of creation. Default: the newest. */
  readonly sort?: 'newest' | 'oldest' | undefined
  /** Only jobs that come behind this one in that order. */
  readonly behind?: number | undefined
  readonly limit: number
}

/** The facts that decide whether a job token is valid. */
export interface JobCredentials {
  readonly job: Job
  /** Null until a runner has taken the job. */
  readonly tokenDigest: string | null
  readonly projectDeleted: boolean
  /** The topmost pipeline of its family. */
  readonly familyId: number
  /** Whether its pipeline is for a merge request from a fork. */
  readonly fromFork: boolean
}

export interface JobEnd {
  /** `cancel` applies at once to a `running` or a `canceling` job. */
  readonly event: 'success' | 'drop' | 'cancel'
  /**
   * Ends the job only if its last contact is still at this time; null means no contact so far. Absent: unconditionally.
   */
  readonly ifSilentSince?: Date | null | undefined
  readonly failureReason: string | null
  /** What the reason leaves open, in words. Absent or null: nothing. */
  readonly failureDetail?: string | null | undefined
  /** As reported and stored: a signed integer of 64 bits. Null when the runner reported none. */
  readonly exitCode: number | null
  /** The checksum of the log's pieces, if the sender's was compared; valid only if the size is still the same. */
  readonly trace: {
    readonly size: number
    readonly crc: number
    readonly invalid: boolean
    readonly corrupted: boolean
  }
}

/** An earlier job of the same project and name that succeeded. */
export interface SuccessfulRun {
  /** From its start to its end. */
  readonly seconds: number
  readonly ref: string
  readonly isSameRef: boolean
  readonly isDefaultBranch: boolean
}

/** The jobs that wait for a runner. */
export interface QueueLength {
  readonly jobs: number
  /** Since when the job waits that waits longest; null when none does. */
  readonly oldestAt: Date | null
}

export interface JobStore extends JobStateStore {
  /**
   * Creates the pipeline and its jobs in one transaction; ids in order. Returns no ids if the project does not exist
   * any more.
   */
  create(pipeline: NewPipeline): Promise<number[]>
  find(id: number): Promise<Job | null>
  /** Returns null when there is no such job or its record is damaged; `newer` when a newer release stored it. */
  definition(id: number): Promise<JobDefinition | 'newer' | null>
  /**
   * Returns the variables given to the job's pipeline; empty when there is no such job, null when the record is
   * damaged.
   */
  pipelineVariables(id: number): Promise<NewPipeline['variables'] | 'newer' | null>
  /** Returns the newest first. */
  list(filter: JobFilter): Promise<Job[]>
  /** As `list`, but returns only the ids, of which there may be thousands. */
  listIds(filter: JobFilter): Promise<number[]>
  /**
   * Returns the newest jobs of the same project and name that succeeded, the newest first, without the job itself. It
   * looks at no more than `limit` of them, so that jobs of one ref may be missing behind those of others.
   */
  successfulRuns(id: number, limit: number): Promise<SuccessfulRun[]>
  /** Claims a job in one statement: exactly one caller gets it, and no caller waits for a row lock. */
  claim(claim: Claim): Promise<ClaimOutcome>
  /** Returns how many jobs wait in the queue that the same runners could take; counts up to `limit`. */
  countQueued(scope: JobScope, limit: number): Promise<number>
  /** Looks at no more than `limit` waiting jobs, those that were created first. One statement. */
  queueLength(limit: number): Promise<QueueLength>
  /**
   * Returns how many waiting jobs that one of these runners may take were created before this one; counts up to
   * `limit`.
   */
  countAhead(id: number, runnerIds: readonly number[], limit: number): Promise<number>
  /**
   * Puts a job that was just claimed back into its place in the queue. Returns false when the claim is no longer in
   * force, or its runner has used the job's token.
   */
  putBack(claimed: ClaimedJob): Promise<boolean>
  /**
   * Puts a job that was just claimed back into the queue, for releases that can read it; claims of this release skip it
   * from now on. Returns false when the claim is no longer in force.
   */
  leaveToNewer(left: LeftJob): Promise<boolean>
  /** Counts pending jobs that claims skip because a newer release stored them. */
  countLeftToNewer(): Promise<number>
  /** Removes lanes without pending jobs and returns how many. This only makes claims cheaper. */
  removeIdleLanes(): Promise<number>
  credentials(id: number): Promise<JobCredentials | null>
  /** Finds the job whose token has this digest. */
  byToken(tokenDigest: string): Promise<JobCredentials | null>
  /**
   * Records a heartbeat: moves `updatedAt` if it is older than 15 minutes. Returns the status, or null unless
   * executing.
   */
  touch(id: number): Promise<JobStatus | null>
  /**
   * Ends an executing job in one conditional statement: `canceling` becomes `canceled`; a drop may become allowed by
   * its exit code. Returns null if the job was not executing or its log grew meanwhile (then try again).
   */
  finish(id: number, end: JobEnd): Promise<Job | null>
  /** Marks the log as one that shows every variable. The mark is never removed. */
  markDebug(id: number): Promise<void>
  /** Returns ids of finished jobs whose log has more than one piece or is not sealed. */
  unsealed(limit: number): Promise<number[]>
  countByStatus(): Promise<Partial<Record<JobStatus, number>>>
  /** For each of the given jobs of one project, returns the newest attempt. */
  latestAttempts(projectId: number, ids: readonly number[]): Promise<{ of: number; id: number; status: JobStatus }[]>
  /** Returns ids and names of those of the given jobs of one project that exist. */
  named(projectId: number, ids: readonly number[]): Promise<{ id: number; name: string }[]>
}
