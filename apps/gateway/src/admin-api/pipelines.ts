import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import {
  cancelPipeline,
  createFromConfig,
  currentPipeline,
  lintConfig,
  removePipeline,
  retryPipeline,
} from '@yardmaster/domain/pipelines'
import { pipelineTests } from '@yardmaster/domain/test-reports'
import { z } from 'zod'
import { eventsOf, ListChangedShape } from '../shapes/events.ts'
import { LintShape, showLint } from '../shapes/lint.ts'
import {
  NewPipelineShape,
  PipelineDetailsShape,
  PipelineJobsShape,
  PipelineShape,
  PipelinesShape,
  showNewPipeline,
  showPipeline,
  showPipelineDetails,
  showPipelineJobs,
} from '../shapes/pipeline.ts'
import { PipelineTestsShape, showPipelineTests } from '../shapes/pipeline-tests.ts'
import { Nothing } from '../shapes/values.ts'
import { ById, before, Id, line, page, pageOf, Ref, Search } from './inputs.ts'
import { PipelineInput } from './pipeline-input.ts'
import { unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'
import { watchTopic } from './watch.ts'

const OF_CONFIG = [
  ...['config_missing', 'compiler_busy', 'project_not_found', 'project_damaged'],
  ...['repository_unavailable', 'ref_not_found', 'commit_not_found'],
] as const

/** `pipelines.*` of the admin API. */
export const pipelinesRouter = router({
  create: procedure({
    rest: 'POST /pipelines',
    summary: 'Creates the pipeline that a configuration makes; with `dryRun` only tells what it would be.',
    output: NewPipelineShape,
    creates: true,
    refuses: [...OF_CONFIG, 'config_invalid', 'pipeline_filtered', 'pipeline_empty'],
  })
    .input(PipelineInput)
    .mutation(async ({ ctx: { services, access }, input }) => {
      const createdBy = access.kind === 'token' ? 'admin_token' : 'session'
      return showNewPipeline(unwrap(await createFromConfig(services, { ...input, createdBy })))
    }),

  lint: procedure({
    rest: 'POST /pipelines/lint',
    summary: 'Compiles a configuration and tells which jobs a pipeline of it would have, and why. Changes nothing.',
    output: LintShape,
    refuses: OF_CONFIG,
  })
    .input(PipelineInput)
    .query(async ({ ctx: { services }, input }) => showLint(unwrap(await lintConfig(services, input)))),

  list: procedure({
    rest: 'GET /pipelines',
    summary: 'Lists pipelines, the newest first; without child pipelines, unless asked for them.',
    output: PipelinesShape,
  })
    .input(
      z
        .strictObject({
          ...page,
          projectId: Id.optional(),
          status: z.enum(JOB_STATUSES).optional(),
          ref: Ref.optional(),
          sha: line(64).optional(),
          source: line(64).optional(),
          createdBy: line(64).optional(),
          search: Search,
          parentId: Id.optional().describe('Only the children of this pipeline.'),
          withChildren: z
            .boolean()
            .optional()
            .describe('Whether child pipelines are listed as well; also with `source: parent_pipeline`.'),
        })
        .default({ limit: 50 }),
    )
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      const pipelines = await services.pipelines.list({ ...filter, before: before(cursor), limit: limit + 1 })
      return pageOf(pipelines, limit, showPipeline)
    }),

  get: procedure({
    rest: 'GET /pipelines/{id}',
    summary: 'Returns one pipeline, with its variables and its configuration.',
    output: PipelineDetailsShape,
    refuses: ['pipeline_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => {
      const pipeline = unwrap(await currentPipeline(services, id))
      const [variables, configuration] = await Promise.all([
        services.pipelines.variables(id),
        services.pipelines.configuration(id),
      ])
      return showPipelineDetails(pipeline, variables === 'newer' ? null : variables, configuration)
    }),

  jobs: procedure({
    rest: 'GET /pipelines/{id}/jobs',
    summary: 'Returns one pipeline with the latest attempts of all its jobs, by stage.',
    output: PipelineJobsShape,
    refuses: ['pipeline_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => {
      const pipeline = unwrap(await currentPipeline(services, id))
      return showPipelineJobs(pipeline, await services.pipelines.jobs(id))
    }),

  tests: procedure({
    rest: 'GET /pipelines/{id}/tests',
    summary: 'Returns the tests in the JUnit reports of a pipeline’s jobs.',
    output: PipelineTestsShape,
    refuses: ['pipeline_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) =>
      showPipelineTests(unwrap(await pipelineTests(services, id))),
    ),

  cancel: procedure({
    rest: 'POST /pipelines/{id}/cancel',
    summary: 'Cancels all jobs of a pipeline that are not over.',
    output: PipelineShape,
    refuses: ['pipeline_not_found', 'pipeline_over'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showPipeline(unwrap(await cancelPipeline(services, id)))),

  retry: procedure({
    rest: 'POST /pipelines/{id}/retry',
    summary: 'Creates new attempts of all jobs that failed or were canceled.',
    output: PipelineShape,
    refuses: ['pipeline_not_found', 'pipeline_not_retryable'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showPipeline(unwrap(await retryPipeline(services, id)))),

  remove: procedure({
    rest: 'DELETE /pipelines/{id}',
    summary: 'Removes a pipeline that is over, with its jobs, their logs and their artifacts.',
    output: Nothing,
    refuses: ['pipeline_not_found', 'pipeline_under_way'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => {
      unwrap(await removePipeline(services, id))
    }),

  watch: procedure({
    rest: 'GET /pipelines/events',
    summary: 'Sends an event whenever a pipeline has changed.',
    output: eventsOf(ListChangedShape),
  }).subscription(({ ctx, signal }) => watchTopic(ctx, 'pipelines', signal)),
})
