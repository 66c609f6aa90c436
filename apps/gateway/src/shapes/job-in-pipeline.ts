import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import type { JobInPipeline } from '@yardmaster/domain/pipelines'
import { z } from 'zod'
import {
  DownstreamShape,
  FailureDetailShape,
  KindShape,
  NeedsShape,
  ParallelShape,
  StageIndexShape,
  showParallel,
  WhenShape,
} from './job.ts'
import { IdShape, TextOrNull, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

/** What a view of a whole pipeline needs of each job: there may be hundreds. */
export const JobInPipelineShape = z
  .strictObject({
    id: IdShape,
    name: z.string(),
    stage: z.string(),
    stageIndex: StageIndexShape,
    status: z.enum(JOB_STATUSES),
    allowFailure: z.boolean(),
    needs: NeedsShape,
    when: WhenShape,
    parallel: ParallelShape,
    failureReason: TextOrNull,
    scheduledAt: TimeOrNull.describe('When a delayed job is queued automatically.'),
    startedAt: TimeOrNull,
    finishedAt: TimeOrNull,
    kind: KindShape,
    downstreamPipelineId: DownstreamShape,
    downstreamStatus: z.enum(JOB_STATUSES).nullable().describe('The status of that pipeline.'),
    downstreamHasAllowedFailures: z
      .boolean()
      .describe('Whether a job of that pipeline failed or was canceled that may fail.'),
    failureDetail: FailureDetailShape,
  })
  .meta({ id: 'JobInPipeline' })

export const showJobInPipeline = (job: JobInPipeline): z.input<typeof JobInPipelineShape> => ({
  id: job.id,
  name: visible(job.name),
  stage: visible(job.stage),
  stageIndex: job.stageIndex,
  status: job.status,
  allowFailure: job.allowFailure,
  needs: visible(job.needs),
  when: job.when,
  parallel: showParallel(job),
  failureReason: job.failureReason,
  scheduledAt: job.scheduledAt,
  startedAt: job.startedAt,
  finishedAt: job.finishedAt,
  kind: job.kind,
  downstreamPipelineId: job.downstreamPipelineId,
  downstreamStatus: job.downstreamStatus,
  downstreamHasAllowedFailures: job.downstreamHasAllowedFailures,
  failureDetail: visible(job.failureDetail),
})
