import type { EXECUTING, Job, JobStatus } from '../jobs/job.ts'
import type { After, Before } from '../jobs/moves.ts'

/** Of a job what decides about those that wait for it, and when it starts itself. */
export interface PipelineJob {
  readonly id: number
  readonly status: JobStatus
  /** Unless it failed and may yet be retried. */
  readonly settled: boolean
  readonly allowFailure: boolean
  readonly waitsFor: readonly number[]
  /** It waits for earlier stages, and not for jobs it named. */
  readonly byStage: boolean
}

/** A job that another one waits for. */
export type HoldingUp = Pick<Job, 'id' | 'name' | 'status'>

/** The latest attempts of a pipeline's jobs, and how often one of them was retried or played. */
interface PipelineState {
  readonly retries: number
  readonly jobs: readonly PipelineJob[]
}

/** What a job is retried with: of its definition, where its row has moved on. */
interface RetryOf {
  readonly tags: readonly string[]
  readonly allowFailure: boolean
  /** The job's own limit, seconds. */
  readonly timeout: number | null
}

/** Time before `since` counts as none: nobody listened then, so that no job could make itself heard. */
interface ExecutionLimits {
  readonly timeLimitGraceSeconds: number
  readonly acceptSeconds: number
  readonly silenceSeconds: number
  readonly since: Date
}

export interface OverdueJob {
  readonly id: number
  readonly status: (typeof EXECUTING)[number]
  /** Its limit and the grace are over; its token was never used; nothing was heard of it for too long. */
  readonly reason: 'time_limit' | 'not_accepted' | 'silent'
  readonly lastSignalAt: Date | null
}

/** A job that is neither over nor skipped. */
export type UnfinishedJob = Pick<Job, 'id' | 'status'>

/** What becomes of jobs when people and machines misbehave. Each change is one conditional statement. */
export interface JobStateStore {
  /** A job that no runner has taken becomes `canceled`; null if that is no longer, or not, so. */
  cancelWaiting(id: number): Promise<Job | null>
  /** The same, `failed`. */
  dropWaiting(id: number, reason: string): Promise<Job | null>
  /** `running` becomes `canceling`; null if it does not run. */
  beginCanceling(id: number): Promise<Job | null>
  /**
   * A job in one of these states enters the queue, or waits for its resource if another job has it; null if it is in none.
   *
   * @param ifRetries - only if no job of the pipeline was retried or played since it stood at this number.
   */
  enqueue(
    id: number,
    tags: readonly string[],
    from: readonly Before<'enqueue'>[],
    ifRetries?: number,
  ): Promise<Job | null>
  /**
   * A manual or delayed job enters the queue, or waits for its resource; null if it is neither, or its project is removed.
   * Skipped jobs that need it or come in later stages are `created` again, and what was concluded of them is void.
   */
  play(id: number, tags: readonly string[]): Promise<Job | null>
  /** A job that is over gives its resource up: the job that waited longest for it, or null. */
  releaseResource(id: number): Promise<number | null>
  /** Jobs that are over and hold a resource; jobs that wait for one that is free. */
  forgottenResources(limit: number): Promise<{ id: number; holds: boolean }[]>
  /** What has to end before this job is queued: those it waits for, or the one that holds its resource. */
  heldUpBy(id: number): Promise<HoldingUp[]>
  /** No jobs when there is nothing left to start, or the project is removed. */
  pipelineState(pipelineId: number): Promise<PipelineState>
  /** False if it was started or ended meanwhile, or a job of its pipeline tried again. `startIn`: seconds. */
  setCreated(
    id: number,
    status: After<'actionize' | 'schedule' | 'skip'>,
    given: { readonly ifRetries: number; readonly startIn?: number | null },
  ): Promise<boolean>
  /** When the pipeline of this job was made: what all of its attempts count as old by. */
  pipelineCreatedAt(id: number): Promise<Date | null>
  /** Ids of pipelines that have jobs to start, above `after`. */
  pipelinesUnderWay(after: number, limit: number): Promise<number[]>
  /**
   * A new job like a finished one that has no successor yet, in the queue, or waiting for its resource if another job has
   * it; null if it has a successor or is not finished. Whoever waits for the old one waits for the new one.
   */
  retry(id: number, of: RetryOf): Promise<number | null>
  /** Jobs of the same name in the same pipeline that came before. */
  earlierAttempts(id: number): Promise<number>
  /** This failed job stays failed. */
  decideNoRetry(id: number): Promise<void>
  /** Ids, above `after`, of failed jobs of which nobody has decided whether they are retried. */
  retryUndecided(after: number, limit: number): Promise<number[]>
  /** Log, artifacts and report contents of a finished job are gone with the mark; null if it has none, or is not finished. */
  erase(id: number): Promise<Job | null>
  /** Executing jobs that have been at it, or silent, too long. */
  overdue(limits: ExecutionLimits, limit: number): Promise<OverdueJob[]>
  /**
   * Ids of executing jobs whose token was never used, though their runner process came to ask for work more than
   * `askedAfterSeconds` after they were handed to it in answer to a held request. Time before `since` counts as none.
   */
  unreceived(given: { askedAfterSeconds: number; since: Date }, limit: number): Promise<number[]>
  /** Pending jobs that have waited too long, or long without an online runner that fits (`abandoned`). */
  stuck(
    limits: { pendingSeconds: number; stuckSeconds: number; since: Date },
    limit: number,
  ): Promise<{ id: number; abandoned: boolean }[]>
  /** Jobs of a project that are not over, first those that are executed. */
  unfinishedOf(projectId: number, limit: number): Promise<UnfinishedJob[]>
  /** What the clock says by which jobs are dated. */
  databaseTime(): Promise<Date>
  /** Scheduled jobs whose time has come, and how long ago. Not those of removed projects. */
  delayed(limit: number): Promise<{ id: number; lateSeconds: number }[]>
}
