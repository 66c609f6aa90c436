import type { Job, JobStatus } from '../jobs/job.ts'

/** What a view of a whole pipeline shows of the latest attempt of a job. */
export interface JobInPipeline extends OfJob {
  /** The status of the child pipeline of a trigger job; null when there is none. */
  readonly downstreamStatus: JobStatus | null
  /** Whether a job of that pipeline failed or was canceled that may fail. */
  readonly downstreamHasAllowedFailures: boolean
}

type OfJob = Pick<
  Job,
  | 'id'
  | 'name'
  | 'stage'
  | 'stageIndex'
  | 'status'
  | 'allowFailure'
  | 'needs'
  | 'when'
  | 'parallelIndex'
  | 'parallelTotal'
  | 'failureReason'
  | 'scheduledAt'
  | 'startedAt'
  | 'finishedAt'
  | 'kind'
  | 'downstreamPipelineId'
  | 'failureDetail'
>
