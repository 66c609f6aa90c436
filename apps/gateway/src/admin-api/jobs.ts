import { TRPCError } from '@trpc/server'
import {
  cancelJob,
  createJob,
  createPipeline,
  describeJob,
  eraseJob,
  explainJob,
  JOB_STATUSES,
  keepArtifacts,
  playJob,
  retryJob,
} from '@yardmaster/domain'
import { z } from 'zod'
import { showJob, showJobs } from '../shapes/show-jobs.ts'
import { detailsView } from '../shapes/views.ts'
import { visible } from '../shapes/visible.ts'
import { ById, before, Id, line, page, pageOf, Ref, Search, text, VariableKey, VariableValue } from './inputs.ts'
import { adminProcedure, router, unwrap } from './trpc.ts'
import { watchTopic } from './watch.ts'

const Name = line(255)
const Sha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'a full commit id: 40 or 64 lower-case hex digits')

const PipelineVariable = z.strictObject({
  key: VariableKey,
  value: VariableValue,
  masked: z.boolean().optional(),
  file: z.boolean().optional(),
  raw: z.boolean().optional(),
  public: z.boolean().optional(),
})

const pipeline = {
  projectId: Id.optional(),
  ref: Ref.optional(),
  tag: z.boolean().optional(),
  sha: Sha.optional(),
  variables: z.array(PipelineVariable).max(1000).optional(),
}

const job = { name: Name, stage: Name.optional(), definition: z.record(z.string(), z.unknown()) }

const NewJob = z.strictObject({ ...pipeline, ...job })

const NewPipeline = z.strictObject({ ...pipeline, jobs: z.array(z.strictObject(job)).min(1).max(500) })

/** `jobs.*` of the admin API. */
export const jobsRouter = router({
  create: adminProcedure
    .input(NewJob)
    .mutation(async ({ ctx: { services }, input }) => ({ id: unwrap(await createJob(services, input)) })),

  createMany: adminProcedure
    .input(NewPipeline)
    .mutation(async ({ ctx: { services }, input }) => ({ ids: unwrap(await createPipeline(services, input)) })),

  list: adminProcedure
    .input(
      z
        .strictObject({
          ...page,
          status: z.enum(JOB_STATUSES).optional(),
          projectId: Id.optional(),
          pipelineId: Id.optional(),
          /** All of it. With a pipeline: the attempts of one job. */
          name: text(255).optional(),
          runnerId: Id.optional(),
          /** Jobs that ask for this runner tag. */
          runnerTag: text(255).optional(),
          search: Search,
        })
        .default({ limit: 50 }),
    )
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      const jobs = await services.jobs.list({ ...filter, before: before(cursor), limit: limit + 1 })
      return pageOf(await showJobs(services, jobs), limit, (view) => view)
    }),

  get: adminProcedure.input(ById).query(async ({ ctx: { services }, input: { id } }) => {
    const job = await services.jobs.find(id)
    if (!job) throw new TRPCError({ code: 'NOT_FOUND', message: `There is no job ${id}.` })
    return await showJob(services, job)
  }),

  details: adminProcedure
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => detailsView(unwrap(await describeJob(services, id)))),

  explain: adminProcedure
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => visible(unwrap(await explainJob(services, id)))),

  keepArtifacts: adminProcedure
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showJob(services, unwrap(await keepArtifacts(services, id))),
    ),

  play: adminProcedure
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showJob(services, unwrap(await playJob(services, id)))),

  cancel: adminProcedure
    .input(z.strictObject({ id: Id, force: z.boolean().optional() }))
    .mutation(async ({ ctx: { services }, input }) => showJob(services, unwrap(await cancelJob(services, input)))),

  retry: adminProcedure
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showJob(services, unwrap(await retryJob(services, id)))),

  erase: adminProcedure
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showJob(services, unwrap(await eraseJob(services, id)))),

  watch: adminProcedure.subscription(({ ctx, signal }) => watchTopic(ctx, 'jobs', signal)),
})
