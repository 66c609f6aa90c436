import type { Services } from '@yardmaster/domain'
import { changeRunners, RUNNER_CHANGES } from '@yardmaster/domain/bulk'
import {
  ACCESS_LEVELS,
  assignProject,
  createRunner,
  RUNNER_LIMITS,
  RUNNER_STATUSES,
  RUNNER_TYPES,
  removeRunnerById,
  rotateTokenById,
  unassignProject,
  updateRunner,
} from '@yardmaster/domain/runners'
import { z } from 'zod'
import { BulkOutcomeShape } from '../shapes/bulk.ts'
import { eventsOf, ListChangedShape } from '../shapes/events.ts'
import { showManager } from '../shapes/manager.ts'
import {
  NewRunnerShape,
  RunnerCountShape,
  RunnerShape,
  RunnersShape,
  RunnerTokenShape,
  RunnerWithManagersShape,
  showNewRunner,
  showRunner,
  showRunnerToken,
} from '../shapes/runner.ts'
import { Nothing } from '../shapes/values.ts'
import { AtMost, BULK, untilGone } from './bulk.ts'
import { ById, before, Id, lineOrNothing, page, pageOf, proseOrNothing, Search, text } from './inputs.ts'
import { found, refuseField, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'
import { watchTopic } from './watch.ts'

/** Runners send their tags as one comma-separated text. */
const Tag = lineOrNothing(RUNNER_LIMITS.tag).refine((tag) => !tag.includes(','), 'found a comma; allowed: one tag')

const attributes = {
  description: lineOrNothing(RUNNER_LIMITS.description).nullable().optional(),
  maintenanceNote: proseOrNothing(RUNNER_LIMITS.maintenanceNote).nullable().optional(),
  paused: z.boolean().optional(),
  locked: z.boolean().optional(),
  accessLevel: z.enum(ACCESS_LEVELS).optional(),
  runUntagged: z.boolean().optional(),
  tagList: z
    .array(Tag)
    .max(RUNNER_LIMITS.tags)
    .optional()
    .meta({ description: 'Needed, and not empty, for a runner that takes no jobs without tags.' }),
  maximumTimeout: z
    .number()
    .int()
    .min(RUNNER_LIMITS.shortestTimeoutSeconds, 'needs to be at least 10 minutes')
    .max(RUNNER_LIMITS.longestTimeoutSeconds, 'is too large')
    .nullable()
    .optional()
    .meta({ description: 'Seconds; null for no limit of its own.' }),
  costFactor: z.number().min(0).max(1000).optional(),
}

/** Which runners a list has. */
const filter = {
  status: z.enum(RUNNER_STATUSES).optional(),
  type: z.enum(RUNNER_TYPES).optional(),
  paused: z.boolean().optional(),
  tag: text(255).optional(),
  search: Search,
}

const RunnerAndProject = z.strictObject({ id: Id, projectId: Id })

async function showCurrent({ runners, contacts, clock }: Pick<Services, 'runners' | 'contacts' | 'clock'>, id: number) {
  // Writes heartbeats that this process still collects, so that what is shown is current.
  await contacts.flush()
  return showRunner(found(await runners.find(id), { kind: 'runner_not_found', id }), clock.now())
}

/** `runners.*` of the admin API. */
export const runnersRouter = router({
  list: procedure({
    rest: 'GET /runners',
    summary: 'Lists runners, the newest first.',
    output: RunnersShape,
  })
    .input(
      z
        .strictObject({
          ...page,
          ...filter,
        })
        .default({ limit: 50 }),
    )
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      await services.contacts.flush()
      const found = await services.runners.list({ ...filter, before: before(cursor), limit: limit + 1 })
      const now = services.clock.now()
      return pageOf(found, limit, (runner) => showRunner(runner, now))
    }),

  get: procedure({
    rest: 'GET /runners/{id}',
    summary: 'Returns one runner with its managers.',
    output: RunnerWithManagersShape,
    refuses: ['runner_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => {
      const runner = await showCurrent(services, id)
      const managers = await services.runners.managers(id)
      const now = services.clock.now()
      return { ...runner, managers: managers.map((manager) => showManager(manager, now)) }
    }),

  create: procedure({
    rest: 'POST /runners',
    summary: 'Creates a runner, and returns its token once.',
    output: NewRunnerShape,
    creates: true,
    refuses: ['runner_invalid', 'group_not_found', 'project_not_found'],
  })
    .input(
      z.strictObject({
        runnerType: z.enum(RUNNER_TYPES),
        projectId: Id.optional().meta({ description: 'Needed for a runner of type project_type.' }),
        groupId: Id.optional().meta({ description: 'Needed for a runner of type group_type.' }),
        ...attributes,
      }),
    )
    .mutation(async ({ ctx: { services }, input }) => {
      if (input.runnerType === 'project_type' && input.projectId === undefined) {
        refuseField('projectId', 'needed for a runner of type project_type')
      }
      if (input.runnerType === 'group_type' && input.groupId === undefined) {
        refuseField('groupId', 'needed for a runner of type group_type')
      }
      return showNewRunner(unwrap(await createRunner(services, input)))
    }),

  update: procedure({
    rest: 'PATCH /runners/{id}',
    summary: 'Changes the given fields of a runner.',
    output: RunnerShape,
    refuses: ['runner_not_found', 'runner_invalid'],
  })
    .input(z.strictObject({ id: Id, ...attributes }))
    .mutation(async ({ ctx: { services }, input: { id, ...changes } }) => {
      unwrap(await updateRunner(services, id, changes))
      return await showCurrent(services, id)
    }),

  rotateToken: procedure({
    rest: 'POST /runners/{id}/rotate-token',
    summary: 'Replaces the token of a runner at once.',
    output: RunnerTokenShape,
    refuses: ['runner_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showRunnerToken(unwrap(await rotateTokenById(services, id))),
    ),

  remove: procedure({
    rest: 'DELETE /runners/{id}',
    summary: 'Removes a runner; its jobs fail.',
    output: Nothing,
    refuses: ['runner_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => {
      unwrap(await removeRunnerById(services, id))
    }),

  assignProject: procedure({
    rest: 'PUT /runners/{id}/projects/{projectId}',
    summary: 'Lets a project runner run jobs of a further project.',
    output: RunnerShape,
    refuses: ['runner_not_found', 'project_not_found', 'runner_locked', 'runner_not_assignable'],
  })
    .input(RunnerAndProject)
    .mutation(async ({ ctx: { services }, input }) => {
      unwrap(await assignProject(services, input))
      return await showCurrent(services, input.id)
    }),

  unassignProject: procedure({
    rest: 'DELETE /runners/{id}/projects/{projectId}',
    summary: 'Removes a project from a project runner.',
    output: RunnerShape,
    refuses: ['runner_not_found', 'project_not_found', 'runner_locked', 'runner_not_assignable'],
  })
    .input(RunnerAndProject)
    .mutation(async ({ ctx: { services }, input }) => {
      unwrap(await unassignProject(services, input))
      return await showCurrent(services, input.id)
    }),

  count: procedure({
    rest: 'GET /runners/count',
    summary: 'Counts the runners that a list has.',
    output: RunnerCountShape,
  })
    .input(z.strictObject(filter).default({}))
    .query(async ({ ctx: { services }, input }) => {
      await services.contacts.flush()
      return { runners: await services.runners.count(input) }
    }),

  changeMany: procedure({
    rest: 'POST /runners/change-many',
    summary: 'Pauses, resumes or removes the given runners, one after the other.',
    output: BulkOutcomeShape,
  })
    .input(z.strictObject({ ...BULK, change: z.enum(RUNNER_CHANGES), ids: z.array(Id).min(1).max(1000) }))
    .mutation(async ({ ctx, input: { ids, ...given }, signal }) =>
      changeRunners(ctx.services, { ...given, atMost: ids.length, selection: { ids }, signal: untilGone(ctx, signal) }),
    ),

  changeMatching: procedure({
    rest: 'POST /runners/change-matching',
    summary: 'Does the same with all runners that a list has, the newest first; without a filter with all.',
    output: BulkOutcomeShape,
  })
    .input(z.strictObject({ ...BULK, change: z.enum(RUNNER_CHANGES), atMost: AtMost, ...filter }))
    .mutation(async ({ ctx, input: { change, atMost, progress, ...matching }, signal }) =>
      changeRunners(ctx.services, {
        change,
        atMost,
        progress,
        selection: { matching },
        signal: untilGone(ctx, signal),
      }),
    ),

  watch: procedure({
    rest: 'GET /runners/events',
    summary: 'Sends an event whenever a runner has changed.',
    output: eventsOf(ListChangedShape),
  }).subscription(({ ctx, signal }) => watchTopic(ctx, 'runners', signal)),
})
