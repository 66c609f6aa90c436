import { TRPCError } from '@trpc/server'
import {
  ACCESS_LEVELS,
  assignProject,
  createRunner,
  RUNNER_STATUSES,
  RUNNER_TYPES,
  removeRunnerById,
  rotateTokenById,
  type Services,
  unassignProject,
  updateRunner,
} from '@yardmaster/domain'
import { z } from 'zod'
import { managerView, runnerView } from '../shapes/views.ts'
import { ById, before, Id, LONGEST, lineOrNothing, page, pageOf, proseOrNothing, Search, text } from './inputs.ts'
import { adminProcedure, router, unwrap } from './trpc.ts'
import { watchTopic } from './watch.ts'

/** Runners send their tags as one text with commas between them. */
const Tag = lineOrNothing(LONGEST).refine((tag) => !tag.includes(','), 'found a comma; allowed: one tag')

const attributes = {
  description: lineOrNothing(LONGEST).nullable().optional(),
  maintenanceNote: proseOrNothing(LONGEST).nullable().optional(),
  paused: z.boolean().optional(),
  locked: z.boolean().optional(),
  accessLevel: z.enum(ACCESS_LEVELS).optional(),
  runUntagged: z.boolean().optional(),
  tagList: z.array(Tag).max(1000).optional(),
  maximumTimeout: z.number().int().nullable().optional(),
  costFactor: z.number().min(0).max(1000).optional(),
}

const RunnerAndProject = z.strictObject({ id: Id, projectId: Id })

async function showRunner({ runners, contacts, clock }: Pick<Services, 'runners' | 'contacts' | 'clock'>, id: number) {
  // Heartbeats of this process may still be collected: what is shown is never behind.
  await contacts.flush()
  const runner = await runners.find(id)
  if (!runner) throw new TRPCError({ code: 'NOT_FOUND', message: `There is no runner ${id}.` })
  return runnerView(runner, clock.now())
}

/** `runners.*` of the admin API. */
export const runnersRouter = router({
  list: adminProcedure
    .input(
      z
        .strictObject({
          ...page,
          status: z.enum(RUNNER_STATUSES).optional(),
          type: z.enum(RUNNER_TYPES).optional(),
          paused: z.boolean().optional(),
          tag: text(255).optional(),
          search: Search,
        })
        .default({ limit: 50 }),
    )
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      await services.contacts.flush()
      const found = await services.runners.list({ ...filter, before: before(cursor), limit: limit + 1 })
      const now = services.clock.now()
      return pageOf(found, limit, (runner) => runnerView(runner, now))
    }),

  get: adminProcedure.input(ById).query(async ({ ctx: { services }, input: { id } }) => {
    const runner = await showRunner(services, id)
    const managers = await services.runners.managers(id)
    const now = services.clock.now()
    return { ...runner, managers: managers.map((manager) => managerView(manager, now)) }
  }),

  create: adminProcedure
    .input(
      z.strictObject({
        runnerType: z.enum(RUNNER_TYPES),
        projectId: Id.optional(),
        groupId: Id.optional(),
        ...attributes,
      }),
    )
    .mutation(async ({ ctx: { services }, input }) => {
      if (input.runnerType === 'project_type' && input.projectId === undefined) {
        throw new TRPCError({ code: 'BAD_REQUEST', message: 'projectId: needed for a runner of type project_type' })
      }
      if (input.runnerType === 'group_type' && input.groupId === undefined) {
        throw new TRPCError({ code: 'BAD_REQUEST', message: 'groupId: needed for a runner of type group_type' })
      }
      return unwrap(await createRunner(services, input))
    }),

  update: adminProcedure
    .input(z.strictObject({ id: Id, ...attributes }))
    .mutation(async ({ ctx: { services }, input: { id, ...changes } }) => {
      unwrap(await updateRunner(services, id, changes))
      return await showRunner(services, id)
    }),

  rotateToken: adminProcedure
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => unwrap(await rotateTokenById(services, id))),

  remove: adminProcedure.input(ById).mutation(async ({ ctx: { services }, input: { id } }) => {
    unwrap(await removeRunnerById(services, id))
  }),

  assignProject: adminProcedure.input(RunnerAndProject).mutation(async ({ ctx: { services }, input }) => {
    unwrap(await assignProject(services, input))
    return await showRunner(services, input.id)
  }),

  unassignProject: adminProcedure.input(RunnerAndProject).mutation(async ({ ctx: { services }, input }) => {
    unwrap(await unassignProject(services, input))
    return await showRunner(services, input.id)
  }),

  watch: adminProcedure.subscription(({ ctx, signal }) => watchTopic(ctx, 'runners', signal)),
})
