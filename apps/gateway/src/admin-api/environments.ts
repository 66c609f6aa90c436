import {
  ENVIRONMENT_STATES,
  keepEnvironment,
  removeEnvironment,
  stopEnvironment,
} from '@yardmaster/domain/environments'
import { z } from 'zod'
import { EnvironmentShape, EnvironmentsShape, showEnvironment } from '../shapes/environment.ts'
import { Nothing } from '../shapes/values.ts'
import { ById, before, Id, page, pageOf, Search } from './inputs.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

/** `environments.*` of the admin API. */
export const environmentsRouter = router({
  list: procedure({
    rest: 'GET /environments',
    summary: 'Lists environments with their last deployments, the newest environment first.',
    output: EnvironmentsShape,
  })
    .input(
      z
        .strictObject({
          ...page,
          projectId: Id.optional(),
          state: z.enum(ENVIRONMENT_STATES).optional(),
          search: Search.describe('A part of the name.'),
        })
        .default({ limit: 50 }),
    )
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      const environments = await services.environments.list({ ...filter, before: before(cursor), limit: limit + 1 })
      return pageOf(environments, limit, showEnvironment)
    }),

  get: procedure({
    rest: 'GET /environments/{id}',
    summary: 'Returns one environment.',
    output: EnvironmentShape,
    refuses: ['environment_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => {
      const environment = await services.environments.find(id)
      return showEnvironment(found(environment, { kind: 'environment_not_found', id }))
    }),

  stop: procedure({
    rest: 'POST /environments/{id}/stop',
    summary: 'Runs the job that stops an environment, or marks it as stopped when there is none.',
    output: EnvironmentShape,
    refuses: ['environment_not_found', 'environment_not_stoppable'],
  })
    .input(
      z.strictObject({
        id: Id,
        force: z.boolean().optional().describe('Marks it as stopped without running a job.'),
      }),
    )
    .mutation(async ({ ctx: { services }, input }) => showEnvironment(unwrap(await stopEnvironment(services, input)))),

  keep: procedure({
    rest: 'POST /environments/{id}/keep',
    summary: 'Lets an environment not be stopped automatically, until a later job gives it another time.',
    output: EnvironmentShape,
    refuses: ['environment_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showEnvironment(unwrap(await keepEnvironment(services, id))),
    ),

  remove: procedure({
    rest: 'DELETE /environments/{id}',
    summary: 'Removes an environment that is stopped; its jobs stay.',
    output: Nothing,
    refuses: ['environment_not_found', 'environment_not_stopped'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => {
      unwrap(await removeEnvironment(services, id))
    }),
})
