import { type Deployment, ENVIRONMENT_STATES, type Environment } from '@yardmaster/domain/environments'
import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import { z } from 'zod'
import { IdShape, pageOfItems, TextOrNull, Time, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

const Status = z.enum(JOB_STATUSES)

const DeploymentShape = z
  .strictObject({
    jobId: IdShape,
    jobName: z.string(),
    pipelineId: IdShape,
    ref: z.string(),
    tag: z.boolean().describe('Whether the ref is a tag.'),
    sha: TextOrNull,
    status: Status,
    startedAt: TimeOrNull,
    finishedAt: TimeOrNull,
  })
  .meta({ id: 'Deployment' })

export const EnvironmentShape = z
  .strictObject({
    id: IdShape,
    projectId: IdShape,
    projectPath: z.string(),
    name: z.string(),
    slug: z.string().describe('The value of `CI_ENVIRONMENT_SLUG`.'),
    tier: z.string().describe('`production`, `staging`, `testing`, `development` or `other`.'),
    state: z.enum(ENVIRONMENT_STATES).describe('`stopping` while a job that stops it is queued or executed.'),
    url: TextOrNull.describe('The web address that the last successful deployment named.'),
    createdAt: Time,
    stoppedAt: TimeOrNull.describe('Null unless it is stopped.'),
    autoStopAt: TimeOrNull.describe('When it is stopped automatically.'),
    lastDeployment: DeploymentShape.nullable().describe('The one that began last, whatever became of it.'),
    lastSuccess: DeploymentShape.nullable().describe('The last that succeeded: what is there.'),
    stopJob: z
      .strictObject({ id: IdShape, name: z.string(), status: Status })
      .nullable()
      .describe('The job that the last successful deployment named in `on_stop`; null when there is none.'),
  })
  .meta({ id: 'Environment' })

export const EnvironmentsShape = pageOfItems(EnvironmentShape).meta({ id: 'Environments' })

const showDeployment = (deployment: Deployment | null): z.input<typeof DeploymentShape> | null =>
  deployment && {
    jobId: deployment.jobId,
    jobName: visible(deployment.jobName),
    pipelineId: deployment.pipelineId,
    ref: deployment.ref,
    tag: deployment.tag,
    sha: deployment.sha,
    status: deployment.status,
    startedAt: deployment.startedAt,
    finishedAt: deployment.finishedAt,
  }

export const showEnvironment = (environment: Environment): z.input<typeof EnvironmentShape> => ({
  id: environment.id,
  projectId: environment.projectId,
  projectPath: environment.projectPath,
  name: visible(environment.name),
  slug: environment.slug,
  tier: environment.tier,
  state: environment.state,
  url: visible(environment.url),
  createdAt: environment.createdAt,
  stoppedAt: environment.stoppedAt,
  autoStopAt: environment.autoStopAt,
  lastDeployment: showDeployment(environment.lastDeployment),
  lastSuccess: showDeployment(environment.lastSuccess),
  stopJob: environment.stopJob && {
    id: environment.stopJob.id,
    name: visible(environment.stopJob.name),
    status: environment.stopJob.status,
  },
})
