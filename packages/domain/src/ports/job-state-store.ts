import type { HoldUpReason } from '../jobs/hold-up.ts'
import type { EXECUTING, Job, JobStatus } from '../jobs/job.ts'
import type { After, Before } from '../jobs/moves.ts'
import type { Predecessor } from '../processing/composite-status.ts'

/** The properties of a job that decide whether it starts, and when jobs that wait for it start. */
export interface PipelineJob {
  readonly id: number
  readonly status: JobStatus
  /** False when it failed and may still be retried. */
  readonly settled: boolean
  readonly allowFailure: boolean
  /** The place of its stage, from 0. */
  readonly stageIndex: number
  /** The jobs that it named; null when it waits for all jobs of earlier stages. */
  readonly waitsFor: readonly number[] | null
  readonly resourceGroup: string | null
}

/** A job that another one waits for. */
export interface HoldingUp extends Pick<Job, 'id' | 'name' | 'status' | 'pipelineId'> {
  readonly reason: HoldUpReason
}

/** A job that another one waits or waited for. */
export interface UnsuccessfulBefore extends Pick<Job, 'id' | 'name' | 'status' | 'pipelineId'>, Predecessor {}

/** The latest attempts of a pipeline's jobs, and how often one of them was retried or played. */
interface PipelineState {
  readonly retries: number
  readonly jobs: readonly PipelineJob[]
}

/** The values of a retry that come from the job's definition, because the job's row may have changed. */
interface RetryOf {
  readonly tags: readonly string[]
  readonly allowFailure: boolean
  /** The job's own limit, in seconds. */
  readonly timeout: number | null
}

/** Time before `since` does not count: this process was not listening, so no runner could report. */
interface ExecutionLimits {
  readonly timeLimitGraceSeconds: number
  readonly acceptSeconds: number
  readonly silenceSeconds: number
  readonly since: Date
}

export interface OverdueJob {
  readonly id: number
  readonly status: (typeof EXECUTING)[number]
  /** Over its limit and the grace; never accepted; or silent for too long. */
  readonly reason: 'time_limit' | 'not_accepted' | 'silent'
  readonly lastSignalAt: Date | null
}

/** A job that is neither over nor skipped. */
export type UnfinishedJob = Pick<Job, 'id' | 'status'>

/** Changes of jobs by people and by time limits. Each change is one conditional statement. */
export interface JobStateStore {
  /** Cancels a job that no runner has taken; null if the job is in another state. */
  cancelWaiting(id: number): Promise<Job | null>
  /** As `cancelWaiting`, but the job becomes `failed`. */
  dropWaiting(id: number, reason: string): Promise<Job | null>
  /** Moves a job from `running` to `canceling`; null if it is not running. */
  beginCanceling(id: number): Promise<Job | null>
  /**
   * Queues a job that is in one of these states, or lets it wait for its resource if another job has that or is ahead
   * of it; null if it is in another state.
   *
   * @param ifRetries - only if the number of retries and plays in the pipeline is still this one.
   */
  enqueue(
    id: number,
    tags: readonly string[],
    from: readonly Before<'enqueue'>[],
    ifRetries?: number,
  ): Promise<Job | null>
  /**
   * Queues a manual or delayed job, or lets it wait for its resource; null if it is neither, or its project is removed.
   * Skipped jobs that need it or are in later stages become `created` again, and earlier conclusions about them become
   * invalid.
   */
  play(id: number, tags: readonly string[]): Promise<Job | null>
  /** Releases the resource of a finished job. */
  releaseResource(id: number): Promise<void>
  /**
   * Returns the job whose turn it is in a resource group, or in that of a job; null while a job has the resource, while
   * the next one has to wait for jobs ahead of it, and when none waits.
   */
  nextForResource(
    of: { readonly jobId: number } | { readonly projectId: number; readonly name: string },
  ): Promise<number | null>
  /** Returns finished jobs that still have a resource, and jobs whose turn it is. */
  forgottenResources(limit: number): Promise<{ id: number; holds: boolean }[]>
  /**
   * Returns the jobs that must end before this one is queued: those it waits for, or the one that has its resource and
   * those ahead of it.
   */
  heldUpBy(id: number): Promise<HoldingUp[]>
  /**
   * Returns the jobs that a skipped job waited for, or one that is not queued yet waits for, and that have not
   * succeeded, 100 at most; none for another job.
   *
   * @returns `byStage` as well: whether it waited for all jobs of earlier stages.
   */
  unsuccessfulBefore(id: number): Promise<{ readonly byStage: boolean; readonly jobs: UnsuccessfulBefore[] }>
  /** Returns no jobs when there is nothing left to start, or the project is removed. */
  pipelineState(pipelineId: number): Promise<PipelineState>
  /**
   * Returns false if it was started or ended meanwhile, or a job of its pipeline was retried. `startIn` is in seconds.
   */
  setCreated(
    id: number,
    status: After<'actionize' | 'schedule' | 'skip'>,
    given: { readonly ifRetries: number; readonly startIn?: number | null },
  ): Promise<boolean>
  /** Returns when the pipeline of this job was created: the age that all attempts share. */
  pipelineCreatedAt(id: number): Promise<Date | null>
  /** Returns ids above `after` of pipelines that have jobs to start. */
  pipelinesUnderWay(after: number, limit: number): Promise<number[]>
  /**
   * Creates a retry of a finished job without a successor: queued, or waiting for its resource if another job has that.
   * Returns null if it has a successor or is not finished. Jobs that wait for the old one then wait for the new one.
   */
  retry(id: number, of: RetryOf): Promise<number | null>
  /** Counts earlier jobs of the same name in the same pipeline. */
  earlierAttempts(id: number): Promise<number>
  /** Records that a failed job is not retried. */
  decideNoRetry(id: number): Promise<void>
  /** Returns ids above `after` of failed jobs for which it is not decided whether they are retried. */
  retryUndecided(after: number, limit: number): Promise<number[]>
  /**
   * Marks a finished job as erased and deletes its log, artifacts and report contents; null if it has none or is not
   * finished.
   */
  erase(id: number): Promise<Job | null>
  /** Returns executing jobs over their time limit or silent too long. */
  overdue(limits: ExecutionLimits, limit: number): Promise<OverdueJob[]>
  /**
   * Returns ids of executing jobs whose token was never used, although their runner process polled more than
   * `askedAfterSeconds` after they were assigned in answer to a held request. Time before `since` does not count.
   */
  unreceived(given: { askedAfterSeconds: number; since: Date }, limit: number): Promise<number[]>
  /** Returns pending jobs that have waited too long, or long without a matching online runner (`abandoned`). */
  stuck(
    limits: { pendingSeconds: number; stuckSeconds: number; since: Date },
    limit: number,
  ): Promise<{ id: number; abandoned: boolean }[]>
  /** Returns unfinished jobs of a project, executing ones first. */
  unfinishedOf(projectId: number, limit: number): Promise<UnfinishedJob[]>
  /**
   * Returns ids above `after` of trigger jobs to be started: pending ones, and those that were started without getting
   * a child for so many seconds, because the process died.
   */
  dueTriggers(given: { readonly after: number; readonly leftSeconds: number }, limit: number): Promise<number[]>
  /** Takes a due trigger job in one statement: of several callers one gets it. */
  startTrigger(id: number, leftSeconds: number): Promise<Job | null>
  /** Fails a started trigger job that has no child; null if it is in another state. */
  failTrigger(id: number, why: { readonly reason: string; readonly detail: string | null }): Promise<Job | null>
  /**
   * Gives trigger jobs the status that follows from their child's: `success` without a strategy. Returns those that
   * changed, at most `limit`.
   */
  followChildren(limit: number): Promise<Job[]>
  /** Returns the time of the clock that dates jobs. */
  databaseTime(): Promise<Date>
  /** Returns scheduled jobs that are due, and by how long they are late. Excludes those of removed projects. */
  delayed(limit: number): Promise<{ id: number; lateSeconds: number }[]>
}
