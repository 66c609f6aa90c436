import type { Job } from '../jobs/job.ts'

/** What a view of a whole pipeline shows of the latest attempt of a job. */
export type JobInPipeline = Pick<
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
>
