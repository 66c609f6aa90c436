import type { StoredArtifact } from '@yardmaster/domain/artifacts'
import { JOB_STATUSES, type Job } from '@yardmaster/domain/jobs'
import { z } from 'zod'
import { ArtifactShape, showArtifacts } from './artifact.ts'
import { Count, CountOrNull, IdOrNull, IdShape, list, pageOfItems, TextOrNull, Time, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

export const StageIndexShape = Count.describe('The place of its stage in the pipeline, from 0.')

export const NeedsShape = list(z.string())
  .nullable()
  .describe('Names of the jobs that it needs; null when it waits for earlier stages.')

export const WhenShape = z
  .enum(['on_success', 'on_failure', 'always', 'manual', 'delayed'])
  .nullable()
  .describe('Null for jobs of releases that did not say it.')

export const ParallelShape = z
  .strictObject({ index: Count, total: Count })
  .nullable()
  .describe('Its place among parallel jobs, from 1, and how many there are.')

export const KindShape = z
  .enum(['build', 'trigger'])
  .describe('`trigger` when the server starts a child pipeline for it, and no runner executes it.')

export const DownstreamShape = IdOrNull.describe('The child pipeline of a trigger job, once it exists.')

export const FailureDetailShape = TextOrNull.describe(
  'What the failure reason leaves open, such as the errors of a child’s configuration: lines of sentences.',
)

export const JobShape = z
  .strictObject({
    id: IdShape,
    name: z.string(),
    stage: z.string(),
    status: z.enum(JOB_STATUSES),
    pipelineId: IdShape,
    projectId: IdShape,
    projectPath: z.string(),
    ref: z.string(),
    tag: z.boolean().describe('Whether the ref is a tag.'),
    sha: TextOrNull,
    protected: z.boolean().describe('Whether the ref is protected.'),
    tags: list(z.string()).describe('Tags that a runner must have.'),
    runnerId: IdOrNull,
    runnerDescription: TextOrNull,
    managerId: IdOrNull,
    failureReason: TextOrNull,
    exitCode: z.int().nullable(),
    allowFailure: z.boolean(),
    timeout: CountOrNull.describe('Seconds. The limit in effect once the job runs; until then the job’s own.'),
    timeoutSource: z.enum(['job', 'project', 'runner']).nullable(),
    debugTrace: z.boolean(),
    createdAt: Time,
    scheduledAt: TimeOrNull.describe('When a delayed job is queued automatically.'),
    queuedAt: TimeOrNull,
    startedAt: TimeOrNull,
    finishedAt: TimeOrNull,
    erasedAt: TimeOrNull,
    logRemovedAt: TimeOrNull.describe(
      'When its log was removed because it had become older than logs are kept; null when it was not.',
    ),
    updatedAt: Time,
    artifactsExpireAt: TimeOrNull,
    traceSize: Count.describe('Stored bytes.'),
    traceChecksum: TextOrNull.describe(
      '`crc32:` and eight hexadecimal digits over the stored bytes, once the job has finished.',
    ),
    traceInvalid: z.boolean(),
    traceCorrupted: z.boolean(),
    retriedBy: IdOrNull,
    retryOf: IdOrNull,
    dependencies: list(IdShape).describe('Jobs whose artifacts this one downloads.'),
    resourceGroup: TextOrNull,
    stageIndex: StageIndexShape,
    schedulingType: z.enum(['stage', 'dag']).describe('Whether it waits for all earlier stages, or for its needs.'),
    needs: NeedsShape,
    when: WhenShape,
    interruptible: z.boolean(),
    coverage: z.number().nullable().describe('In percent.'),
    environment: TextOrNull,
    parallel: ParallelShape,
    kind: KindShape,
    strategy: z
      .enum(['depend', 'mirror'])
      .nullable()
      .describe('How a trigger job follows its child pipeline; null when it does not.'),
    downstreamPipelineId: DownstreamShape,
    failureDetail: FailureDetailShape,
    artifacts: list(ArtifactShape),
  })
  .meta({ id: 'Job' })

export const JobsShape = pageOfItems(JobShape).meta({ id: 'Jobs' })

export const JobCountShape = z
  .strictObject({ jobs: Count, more: z.boolean().describe('Whether there are more than were counted.') })
  .meta({ id: 'JobCount' })

export const NewIdShape = z.strictObject({ id: IdShape }).meta({ id: 'NewId' })

/** Ids in the order of the given jobs. */
export const NewIdsShape = z.strictObject({ ids: list(IdShape) }).meta({ id: 'NewIds' })

export interface JobSurroundings {
  /** The description of its runner. */
  readonly runnerDescription: string | null
  readonly artifacts: readonly StoredArtifact[]
}

/** Returns a job as the admin API and webhooks show it. */
export function showJobWith(
  services: Parameters<typeof showArtifacts>[0],
  job: Job,
  { runnerDescription, artifacts }: JobSurroundings,
): z.input<typeof JobShape> {
  return {
    id: job.id,
    name: job.name,
    stage: job.stage,
    status: job.status,
    pipelineId: job.pipelineId,
    projectId: job.projectId,
    projectPath: job.projectPath,
    ref: job.ref,
    tag: job.tag,
    sha: job.sha,
    protected: job.protected,
    tags: job.tags,
    runnerId: job.runnerId,
    runnerDescription: visible(runnerDescription),
    managerId: job.managerId,
    failureReason: job.failureReason,
    exitCode: job.exitCode,
    allowFailure: job.allowFailure,
    timeout: job.timeout,
    timeoutSource: job.timeoutSource,
    debugTrace: job.debugTrace,
    createdAt: job.createdAt,
    scheduledAt: job.scheduledAt,
    queuedAt: job.queuedAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    erasedAt: job.erasedAt,
    logRemovedAt: job.logRemovedAt,
    updatedAt: job.updatedAt,
    artifactsExpireAt: job.artifactsExpireAt,
    traceSize: job.traceSize,
    traceChecksum: job.traceChecksum,
    traceInvalid: job.traceInvalid,
    traceCorrupted: job.traceCorrupted,
    retriedBy: job.retriedBy,
    retryOf: job.retryOf,
    dependencies: job.dependencies,
    resourceGroup: job.resourceGroup,
    stageIndex: job.stageIndex,
    schedulingType: job.byStage ? 'stage' : 'dag',
    needs: job.needs,
    when: job.when,
    interruptible: job.interruptible,
    coverage: job.coverage,
    environment: job.environment,
    kind: job.kind,
    strategy: job.strategy,
    downstreamPipelineId: job.downstreamPipelineId,
    failureDetail: visible(job.failureDetail),
    parallel: showParallel(job),
    artifacts: showArtifacts(services, artifacts),
  }
}

export const showParallel = ({
  parallelIndex: index,
  parallelTotal: total,
}: Pick<Job, 'parallelIndex' | 'parallelTotal'>): z.input<typeof ParallelShape> =>
  index == null || total == null ? null : { index, total }
