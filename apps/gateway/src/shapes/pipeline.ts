import type { Variable } from '@yardmaster/ci-config'
import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import type { JobInPipeline, MadePipeline, Pipeline } from '@yardmaster/domain/pipelines'
import type { PipelineInEvent } from '@yardmaster/domain/webhooks'
import { z } from 'zod'
import { JobInPipelineShape, showJobInPipeline } from './job-in-pipeline.ts'
import { IdOrNull, IdShape, list, pageOfItems, TextOrNull, Time, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

const Status = z.enum(JOB_STATUSES)

const StageShape = z
  .strictObject({
    name: z.string(),
    status: Status,
    hasAllowedFailures: z.boolean().describe('Whether a job of it failed or was canceled that may fail.'),
    jobs: list(IdShape).describe('Ids of the latest attempts of its jobs.'),
  })
  .meta({ id: 'Stage' })

const inEvents = {
  id: IdShape,
  iid: IdShape.describe('Counts per project from 1.'),
  projectId: IdShape,
  projectPath: z.string(),
  status: Status.describe('The combined status of its jobs.'),
  ref: z.string(),
  tag: z.boolean().describe('Whether the ref is a tag.'),
  sha: TextOrNull,
  beforeSha: TextOrNull,
  source: z.string().describe('The value of `CI_PIPELINE_SOURCE`.'),
  name: TextOrNull,
  commitTitle: TextOrNull.describe('The first line of the message of its commit; null when it is not known.'),
  createdBy: TextOrNull.describe(
    '`admin_token`, `session`, or the kind of a hook and who pushed, such as `gitea:alice`, `git:Laptop` by the name of a project token, or `git:admin_token`; null for pipelines of earlier releases.',
  ),
  createdAt: Time,
  startedAt: TimeOrNull.describe('When its first job started.'),
  finishedAt: TimeOrNull.describe('When its last job ended; null while it may go on.'),
  duration: z.number().nullable().describe('Seconds in which at least one of its jobs ran.'),
  coverage: z.number().nullable().describe('The mean of its jobs’ coverage, in percent.'),
  parentId: IdOrNull.describe('The pipeline that it is a child of.'),
  run: TextOrNull.describe('The working tree that it runs, by the name behind `refs/runs/`; null for other pipelines.'),
}

const members = {
  ...inEvents,
  protected: z.boolean().describe('Whether the ref is protected.'),
  hasAllowedFailures: z.boolean().describe('Whether a job failed or was canceled that may fail.'),
  warnings: list(z.string()).describe('Parts of its configuration that have no effect.'),
  stages: list(StageShape),
  parentJobId: IdOrNull.describe('The trigger job that it was created for.'),
}

/** A pipeline as webhooks are told of it. */
export const PipelineInEventShape = z.strictObject(inEvents).meta({ id: 'PipelineInEvent' })

export const showPipelineInEvent = (pipeline: PipelineInEvent): z.input<typeof PipelineInEventShape> => ({
  id: pipeline.id,
  iid: pipeline.iid,
  projectId: pipeline.projectId,
  projectPath: pipeline.projectPath,
  status: pipeline.status,
  ref: pipeline.ref,
  tag: pipeline.tag,
  sha: pipeline.sha,
  beforeSha: pipeline.beforeSha,
  source: pipeline.source,
  name: visible(pipeline.name),
  commitTitle: visible(pipeline.commitTitle),
  createdBy: pipeline.createdBy,
  createdAt: pipeline.createdAt,
  startedAt: pipeline.startedAt,
  finishedAt: pipeline.finishedAt,
  duration: pipeline.duration,
  coverage: pipeline.coverage,
  parentId: pipeline.parentId,
  run: pipeline.run,
})

/** A pipeline as lists show it. */
export const PipelineShape = z.strictObject(members).meta({ id: 'Pipeline' })

export const PipelinesShape = pageOfItems(PipelineShape).meta({ id: 'Pipelines' })

/** A pipeline by itself, with the variables that it was given. */
export const PipelineDetailsShape = z
  .strictObject({
    ...members,
    variables: list(
      z.strictObject({ key: z.string(), value: TextOrNull.describe('Null for a masked one.'), masked: z.boolean() }),
    )
      .nullable()
      .describe('Null when they cannot be read.'),
    configuration: TextOrNull.describe('The whole configuration as YAML; null when its jobs were given one by one.'),
  })
  .meta({ id: 'PipelineDetails' })

/** What a view of a whole pipeline shows, without the configuration, which may be long. */
export const PipelineJobsShape = z
  .strictObject({ pipeline: PipelineShape, jobs: list(JobInPipelineShape) })
  .meta({ id: 'PipelineJobs' })

export const NewPipelineShape = z
  .strictObject({
    id: IdOrNull.describe('Null after a dry run.'),
    jobs: list(z.strictObject({ id: IdOrNull, name: z.string(), stage: z.string(), status: Status })),
    warnings: list(z.string()),
  })
  .meta({ id: 'NewPipeline' })

export const showPipeline = (pipeline: Pipeline): z.input<typeof PipelineShape> => ({
  ...showPipelineInEvent(pipeline),
  protected: pipeline.protected,
  hasAllowedFailures: pipeline.hasAllowedFailures,
  warnings: visible(pipeline.warnings),
  stages: pipeline.stages.map(({ name, status, hasAllowedFailures, jobIds }) => ({
    ...{ name: visible(name), status, hasAllowedFailures, jobs: jobIds },
  })),
  parentJobId: pipeline.parentJobId,
})

export const showPipelineDetails = (
  pipeline: Pipeline,
  variables: readonly Variable[] | null,
  configuration: string | null,
): z.input<typeof PipelineDetailsShape> => ({
  ...showPipeline(pipeline),
  variables:
    variables?.map(({ key, value, masked = false }) => ({ key, value: masked ? null : visible(value), masked })) ??
    null,
  configuration: visible(configuration),
})

export const showPipelineJobs = (
  pipeline: Pipeline,
  jobs: readonly JobInPipeline[],
): z.input<typeof PipelineJobsShape> => ({ pipeline: showPipeline(pipeline), jobs: jobs.map(showJobInPipeline) })

export const showNewPipeline = ({ id, jobs, warnings }: MadePipeline): z.input<typeof NewPipelineShape> => ({
  id,
  jobs: jobs.map((job) => ({ id: job.id, name: visible(job.name), stage: visible(job.stage), status: job.status })),
  warnings: visible(warnings),
})
