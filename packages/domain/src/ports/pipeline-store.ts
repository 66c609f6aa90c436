import type { JobStatus } from '../jobs/job.ts'
import type { JobInPipeline } from '../pipelines/job-in-pipeline.ts'
import type { Pipeline } from '../pipelines/pipeline.ts'
import type { NewPipeline, PipelineOrigin } from './new-pipeline.ts'

export interface PipelineFilter {
  readonly projectId?: number | undefined
  readonly status?: JobStatus | undefined
  readonly ref?: string | undefined
  readonly sha?: string | undefined
  readonly source?: string | undefined
  readonly createdBy?: string | undefined
  /** Only the children of this pipeline. */
  readonly parentId?: number | undefined
  /** Whether child pipelines are listed as well. They always are when the source is theirs. Default: false. */
  readonly withChildren?: boolean | undefined
  /** Case-insensitive substring of the name, the ref, the commit or the project path. */
  readonly search?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** A job to be retried, with the values that come from its definition, because its row may have changed. */
interface RetriedJob {
  readonly id: number
  readonly allowFailure: boolean
  /** The job's own limit, in seconds. */
  readonly timeout: number | null
}

/** A job by name, of a pipeline of the family. */
export interface FamilyJobName {
  readonly pipelineId: number
  readonly name: string
}

/** A pipeline of the family, and the job of that name in it. */
export interface FamilyJob {
  /** The newest attempt that a runner executes; null when the pipeline has none of that name. */
  readonly job: { readonly id: number; readonly status: JobStatus } | null
  /** Whether the job was erased or its artifacts have expired. */
  readonly isGone: boolean
}

/** Pipelines as a whole. `JobStore` creates them, together with their jobs. */
export interface PipelineStore {
  /** Returns null when there is no such pipeline or it was removed. */
  find(id: number): Promise<Pipeline | null>
  /** Returns the newest first. */
  list(filter: PipelineFilter): Promise<Pipeline[]>
  /** Returns status and coverage of the newest pipelines of a ref, without child pipelines, the newest first. */
  newestOf(
    of: { readonly projectId: number; readonly ref: string },
    limit: number,
  ): Promise<Pick<Pipeline, 'status' | 'coverage'>[]>
  /** Returns the latest attempts of its jobs, by stage and in the order of creation; none when it was removed. */
  jobs(id: number): Promise<JobInPipeline[]>
  /** Returns the variables given to a pipeline; null when the record is damaged, `newer` when a newer release made it. */
  variables(id: number): Promise<NewPipeline['variables'] | 'newer' | null>
  /** Returns the text of its whole configuration; null when its jobs were given one by one, or it cannot be read. */
  configuration(id: number): Promise<string | null>
  /**
   * Returns what the children of a pipeline see of the request that the top of its family was made of; null when the
   * record is damaged, `newer` when a newer release made it.
   */
  origin(id: number): Promise<PipelineOrigin | 'newer' | null>
  /** Counts the pipelines of its family, removed ones included. */
  familySize(id: number): Promise<number>
  /**
   * Returns ids of jobs that are not over, of it and of all pipelines below it, in the order in which they are canceled: those without a runner first, of
   * these the ones that wait for others, and of these the last stage first.
   */
  unfinishedJobs(id: number): Promise<number[]>
  /**
   * Looks for jobs in the other pipelines of the family of a pipeline. Returns one entry for each name, in this order:
   * null when the family has no such pipeline besides this one, or it was removed.
   */
  familyJobs(id: number, wanted: readonly FamilyJobName[]): Promise<(FamilyJob | null)[]>
  /** Writes what the jobs of these pipelines say of them now. Returns the ids of pipelines that changed by it. */
  settle(ids: readonly number[]): Promise<number[]>
  /** Returns the pipelines of jobs. */
  ofJobs(jobIds: readonly number[]): Promise<number[]>
  /** Returns ids above `after` of pipelines that are not over. */
  unfinished(after: number, limit: number): Promise<number[]>
  /** Returns the newest pipelines with ids below `before`; null means all. */
  recent(before: number | null, limit: number): Promise<{ id: number; createdAt: Date }[]>
  /** Returns the latest attempts that failed or were canceled. */
  failedJobs(id: number): Promise<number[]>
  /**
   * Creates new attempts of these jobs where they failed or were canceled: manual ones as `manual`, others as `created`.
   * Skipped jobs become `created` again. Returns the ids of the new attempts.
   */
  retry(id: number, jobs: readonly RetriedJob[]): Promise<number[]>
  /**
   * Returns jobs to cancel because a newer pipeline of their ref has another commit: of pipelines made in the last week
   * from a configuration, all that are not over, unless a job that must not be interrupted has started; or only those
   * that may be interrupted, as the older pipeline says. They come in the order of `unfinishedJobs`.
   */
  redundantJobs(newer: number): Promise<number[]>
  /**
   * Returns pipelines in which a job failed for good after the last `noteStopped`, where the configuration says that this
   * cancels the others: with the time of this answer, and the jobs to cancel in the order of `unfinishedJobs`.
   */
  toStop(limit: number): Promise<{ id: number; asOf: string; jobs: readonly number[] }[]>
  /** Notes that everything was canceled because of failures up to a time that `toStop` returned. */
  noteStopped(id: number, asOf: string): Promise<void>
  /** Returns the previous pipeline of the ref whose jobs have an artifact of this type, of the last 100 of the ref; null when there is none. */
  previousWithReport(id: number, type: string): Promise<number | null>
  /**
   * Hides a pipeline, all pipelines below it and their jobs, and forgets what they were made of. Returns the ids of the
   * jobs; null when there is no such pipeline, and `under_way` when a job is not over, or may still be retried
   * automatically.
   */
  remove(id: number): Promise<number[] | 'under_way' | null>
  /** Returns jobs of removed pipelines that still have a log or artifacts. */
  removedJobs(limit: number): Promise<number[]>
}
