import type { JobStatus } from '../jobs/job.ts'

/** A place in the order in which a walk visits what may be too old: by project, by age, by id. */
export interface AgePlace {
  readonly projectId: number
  readonly endedAt: Date
  readonly id: number
}

/** A part of a walk over what may be too old. */
export interface AgeWalk {
  readonly now: Date
  /** Days of the installation; null for ever. A project may have fewer. */
  readonly days: number | null
  /** Where the previous part ended; null at the beginning. */
  readonly after: AgePlace | null
  readonly limit: number
}

/** @template Done - what the part has changed. */
export interface AgeStep<Done> {
  readonly done: Done
  /** Where to go on; null when nothing is left to visit. */
  readonly next: AgePlace | null
}

/**
 * Removes what is older than its project keeps it. Every method does a small part in one transaction and passes over
 * rows that others have locked, so that several processes can do this at the same time.
 *
 * Nothing is changed in a family of pipelines with a job that is not over, or may still be retried automatically. A manual
 * job that may fail and that nobody played does not count, when its pipeline is over otherwise.
 */
export interface RetentionStore {
  /**
   * Hides families of pipelines of which every job ended too long ago, and forgets what they were made of. One with the
   * last deployment of an available environment stays, because its jobs stop that.
   *
   * @returns how many pipelines were hidden.
   */
  hidePipelines(walk: AgeWalk): Promise<AgeStep<number>>
  /**
   * Erases jobs of hidden families: their pieces of logs and their artifacts are no longer named, and their logs have to
   * be sealed, which deletes the objects. Returns the ids.
   */
  eraseJobs(now: Date, limit: number): Promise<number[]>
  /**
   * Deletes the rows of up to `limit` erased jobs of hidden families that have no object left, and then those of their
   * pipelines. Their run time still counts.
   *
   * @returns how many rows of jobs and pipelines were deleted.
   */
  deleteJobs(limit: number): Promise<number>
  /**
   * Removes logs of jobs that ended too long ago, as `eraseJobs` does; the jobs stay.
   *
   * @returns the jobs.
   */
  removeLogs(walk: AgeWalk): Promise<AgeStep<{ readonly id: number; readonly status: JobStatus }[]>>
}
