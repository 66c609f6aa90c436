import { keepArtifacts } from '@yardmaster/domain/artifacts'
import { changeJobs, JOB_CHANGES } from '@yardmaster/domain/bulk'
import { cancelJob, eraseJob } from '@yardmaster/domain/execution'
import { describeJob, findUsualDuration, JOB_STATUSES } from '@yardmaster/domain/jobs'
import { createJob, createPipeline } from '@yardmaster/domain/pipelines'
import { playJob, retryJob } from '@yardmaster/domain/processing'
import { explainJob } from '@yardmaster/domain/queue'
import { z } from 'zod'
import { BulkOutcomeShape } from '../shapes/bulk.ts'
import { eventsOf, ListChangedShape } from '../shapes/events.ts'
import { ExplanationShape, showExplanation } from '../shapes/explanation.ts'
import { JobCountShape, JobShape, JobsShape, NewIdShape, NewIdsShape } from '../shapes/job.ts'
import { JobDetailsShape, showJobDetails } from '../shapes/job-details.ts'
import { showJob, showJobs } from '../shapes/show-jobs.ts'
import { showUsualDuration, UsualDurationShape } from '../shapes/usual-duration.ts'
import { AtMost, BULK, untilGone } from './bulk.ts'
import { ById, before, Id, line, page, pageOf, Ref, Search, text } from './inputs.ts'
import { pipelineMembers } from './pipeline-input.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'
import { watchTopic } from './watch.ts'

const Name = line(255)

const job = { name: Name, stage: Name.optional(), definition: z.record(z.string(), z.unknown()) }

const NewJob = z.strictObject({ ...pipelineMembers, ...job })

const NewPipeline = z.strictObject({ ...pipelineMembers, jobs: z.array(z.strictObject(job)).min(1).max(500) })

/** Which jobs a list has. */
const filter = {
  status: z.enum(JOB_STATUSES).optional(),
  projectId: Id.optional(),
  pipelineId: Id.optional(),
  ref: Ref.optional(),
  sha: line(64).optional(),
  /** The whole name. With a pipeline it selects the attempts of one job. */
  name: text(255).optional(),
  runnerId: Id.optional(),
  /** Selects jobs that require this runner tag. */
  runnerTag: text(255).optional(),
  search: Search,
}

/** The highest count. */
const MOST_COUNTED = 10_000

/** `jobs.*` of the admin API. */
export const jobsRouter = router({
  create: procedure({
    rest: 'POST /jobs',
    summary: 'Creates a job in a pipeline of its own.',
    output: NewIdShape,
    creates: true,
    refuses: ['definition_invalid', 'project_not_found', 'project_damaged'],
  })
    .input(NewJob)
    .mutation(async ({ ctx: { services }, input }) => ({ id: unwrap(await createJob(services, input)) })),

  createMany: procedure({
    rest: 'POST /jobs/batch',
    summary: 'Creates the jobs of one pipeline, all or none of them.',
    output: NewIdsShape,
    creates: true,
    refuses: ['definition_invalid', 'project_not_found', 'project_damaged'],
  })
    .input(NewPipeline)
    .mutation(async ({ ctx: { services }, input }) => ({ ids: unwrap(await createPipeline(services, input)) })),

  list: procedure({
    rest: 'GET /jobs',
    summary: 'Lists jobs, the newest first or the oldest.',
    output: JobsShape,
  })
    .input(
      z
        .strictObject({
          ...page,
          ...filter,
          sort: z.enum(['newest', 'oldest']).default('newest'),
        })
        .default({ limit: 50, sort: 'newest' }),
    )
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      const jobs = await services.jobs.list({ ...filter, behind: before(cursor), limit: limit + 1 })
      return pageOf(await showJobs(services, jobs), limit, (view) => view)
    }),

  count: procedure({
    rest: 'GET /jobs/count',
    summary: `Counts the jobs that a list has, up to ${MOST_COUNTED}.`,
    output: JobCountShape,
  })
    .input(z.strictObject(filter).default({}))
    .query(async ({ ctx: { services }, input }) => {
      const ids = await services.jobs.listIds({ ...input, limit: MOST_COUNTED + 1 })
      return { jobs: Math.min(ids.length, MOST_COUNTED), more: ids.length > MOST_COUNTED }
    }),

  get: procedure({
    rest: 'GET /jobs/{id}',
    summary: 'Returns one job.',
    output: JobShape,
    refuses: ['job_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => {
      return await showJob(services, found(await services.jobs.find(id), { kind: 'job_not_found', id }))
    }),

  details: procedure({
    rest: 'GET /jobs/{id}/details',
    summary: 'Returns the definition of a job, its variables, and the runner that ran it.',
    output: JobDetailsShape,
    refuses: ['job_not_found', 'job_damaged', 'job_newer', 'project_damaged'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => showJobDetails(unwrap(await describeJob(services, id)))),

  explain: procedure({
    rest: 'GET /jobs/{id}/explanation',
    summary: 'Explains for each runner why it does not run a waiting job.',
    output: ExplanationShape,
    refuses: ['job_not_found', 'job_damaged', 'job_newer'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => showExplanation(unwrap(await explainJob(services, id)))),

  usualDuration: procedure({
    rest: 'GET /jobs/{id}/usual-duration',
    summary: 'Returns how long a job usually takes, by earlier ones of the same name that succeeded.',
    output: UsualDurationShape,
    refuses: ['job_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) =>
      showUsualDuration(unwrap(await findUsualDuration(services, id))),
    ),

  keepArtifacts: procedure({
    rest: 'POST /jobs/{id}/keep-artifacts',
    summary: 'Keeps the artifacts of a job for ever.',
    output: JobShape,
    refuses: ['job_not_found', 'transition_impossible'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showJob(services, unwrap(await keepArtifacts(services, id))),
    ),

  play: procedure({
    rest: 'POST /jobs/{id}/play',
    summary: 'Queues a manual or delayed job now.',
    output: JobShape,
    refuses: ['job_not_found', 'transition_impossible'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showJob(services, unwrap(await playJob(services, id)))),

  cancel: procedure({
    rest: 'POST /jobs/{id}/cancel',
    summary: 'Cancels a job; with `force`, without waiting for its runner.',
    output: JobShape,
    refuses: ['job_not_found', 'transition_impossible'],
  })
    .input(z.strictObject({ id: Id, force: z.boolean().optional() }))
    .mutation(async ({ ctx: { services }, input }) => showJob(services, unwrap(await cancelJob(services, input)))),

  retry: procedure({
    rest: 'POST /jobs/{id}/retry',
    summary: 'Creates a new attempt of a finished job, and returns it.',
    output: JobShape,
    creates: true,
    refuses: ['job_not_found', 'transition_impossible'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showJob(services, unwrap(await retryJob(services, id)))),

  erase: procedure({
    rest: 'POST /jobs/{id}/erase',
    summary: 'Deletes the log and the artifacts of a finished job.',
    output: JobShape,
    refuses: ['job_not_found', 'transition_impossible'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => showJob(services, unwrap(await eraseJob(services, id)))),

  changeMany: procedure({
    rest: 'POST /jobs/change-many',
    summary: 'Cancels, retries, plays or erases the given jobs, one after the other.',
    output: BulkOutcomeShape,
  })
    .input(z.strictObject({ ...BULK, change: z.enum(JOB_CHANGES), ids: z.array(Id).min(1).max(1000) }))
    .mutation(async ({ ctx, input: { ids, ...given }, signal }) =>
      changeJobs(ctx.services, { ...given, atMost: ids.length, selection: { ids }, signal: untilGone(ctx, signal) }),
    ),

  changeMatching: procedure({
    rest: 'POST /jobs/change-matching',
    summary: 'Does the same with all jobs that a list has, the newest first; without a filter with all.',
    output: BulkOutcomeShape,
  })
    .input(z.strictObject({ ...BULK, change: z.enum(JOB_CHANGES), atMost: AtMost, ...filter }))
    .mutation(async ({ ctx, input: { change, atMost, progress, ...matching }, signal }) =>
      changeJobs(ctx.services, { change, atMost, progress, selection: { matching }, signal: untilGone(ctx, signal) }),
    ),

  watch: procedure({
    rest: 'GET /jobs/events',
    summary: 'Sends an event whenever a job has changed.',
    output: eventsOf(ListChangedShape),
  }).subscription(({ ctx, signal }) => watchTopic(ctx, 'jobs', signal)),
})
