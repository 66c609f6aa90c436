import {
  createSchedule,
  removeSchedule,
  runSchedule,
  type ScheduleContents,
  updateSchedule,
} from '@yardmaster/domain/schedules'
import { z } from 'zod'
import { NewPipelineShape, showNewPipeline } from '../shapes/pipeline.ts'
import {
  ScheduleDetailsShape,
  ScheduleShape,
  SchedulesShape,
  showSchedule,
  showScheduleDetails,
} from '../shapes/schedule.ts'
import { Nothing } from '../shapes/values.ts'
import { ById, before, defined, Id, LONGEST, line, page, pageOf, Ref, text, VariableValue } from './inputs.ts'
import { Files, Inputs, PipelineVariable, Sha } from './pipeline-input.ts'
import { found, Refused, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

const OF_CONFIG = [
  ...['config_invalid', 'config_missing', 'compiler_busy', 'project_not_found', 'project_damaged'],
  ...['repository_unavailable', 'ref_not_found', 'commit_not_found'],
] as const
const OF_CONTENTS = ['schedule_invalid', ...OF_CONFIG] as const

const ChangedVariable = PipelineVariable.extend({
  /** Absent or null keeps the value of an existing variable, because masked values are never shown. */
  value: VariableValue.nullish(),
})

const required = {
  description: line(255),
  /** The use case sets the limits, and says what is allowed. */
  cron: line(255),
}
const optional = {
  content: text(LONGEST).nullable().optional(),
  timeZone: line(255).optional(),
  ref: Ref.nullable().optional(),
  tag: z.boolean().optional(),
  sha: Sha.nullable().optional(),
  active: z.boolean().optional(),
  files: Files.nullable().optional(),
  inputs: Inputs.nullable().optional(),
}
const MOST_VARIABLES = 1000

/** Fills in the values that were not given, from present variables with the same names. */
const settle =
  (given: z.infer<typeof ChangedVariable>[]) =>
  (present: ScheduleContents['variables']): ScheduleContents['variables'] =>
    given.map(({ value, ...variable }) => {
      const kept = value ?? present.find(({ key }) => key === variable.key)?.value
      if (kept === undefined) {
        const reason = `${variable.key} has no value; allowed is a string`
        throw new Refused({ kind: 'schedule_invalid', field: 'variables', reason })
      }
      return { ...variable, value: kept }
    })

/** `schedules.*` of the admin API. */
export const schedulesRouter = router({
  list: procedure({
    rest: 'GET /schedules',
    summary: 'Lists schedules, the newest first.',
    output: SchedulesShape,
  })
    .input(z.strictObject({ ...page, projectId: Id.optional() }).default({ limit: 50 }))
    .query(async ({ ctx: { services }, input: { cursor, limit, projectId } }) => {
      const schedules = await services.schedules.list({ projectId, before: before(cursor), limit: limit + 1 })
      return pageOf(schedules, limit, showSchedule)
    }),

  get: procedure({
    rest: 'GET /schedules/{id}',
    summary: 'Returns one schedule, with its configuration and variables.',
    output: ScheduleDetailsShape,
    refuses: ['schedule_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => {
      const schedule = found(await services.schedules.find(id), { kind: 'schedule_not_found', id })
      const contents = await services.schedules.contents(id)
      return showScheduleDetails(schedule, contents === 'newer' ? null : contents)
    }),

  create: procedure({
    rest: 'POST /schedules',
    summary: 'Creates a schedule, which creates pipelines at the times that a cron expression says.',
    output: ScheduleShape,
    creates: true,
    refuses: OF_CONTENTS,
  })
    .input(
      z.strictObject({
        ...{ projectId: Id, ...required, ...optional },
        variables: z.array(PipelineVariable).max(MOST_VARIABLES).optional(),
      }),
    )
    .mutation(async ({ ctx: { services, access }, input }) => {
      const { content = null, files = null, inputs = null, variables = [], ...given } = input
      const created = await createSchedule(services, {
        ...given,
        timeZone: given.timeZone ?? 'UTC',
        ref: given.ref ?? null,
        tag: given.tag ?? false,
        sha: given.sha ?? null,
        active: given.active ?? true,
        createdBy: access.kind === 'token' ? 'admin_token' : 'session',
        configuration: { content, files, inputs },
        variables,
      })
      return showSchedule(unwrap(created))
    }),

  update: procedure({
    rest: 'PATCH /schedules/{id}',
    summary: 'Changes the given fields of a schedule; switching it on forgets its failures.',
    output: ScheduleShape,
    refuses: ['schedule_not_found', 'schedule_unreadable', ...OF_CONTENTS],
  })
    .input(
      z.strictObject({
        ...{ id: Id, ...z.strictObject(required).partial().shape, ...optional },
        variables: z.array(ChangedVariable).max(MOST_VARIABLES).optional(),
      }),
    )
    .mutation(async ({ ctx: { services }, input: { id, variables, ...given } }) =>
      showSchedule(
        unwrap(
          await updateSchedule(services, id, { ...defined(given), ...(variables && { variables: settle(variables) }) }),
        ),
      ),
    ),

  remove: procedure({
    rest: 'DELETE /schedules/{id}',
    summary: 'Removes a schedule; its pipelines stay.',
    output: Nothing,
    refuses: ['schedule_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => {
      unwrap(await removeSchedule(services, id))
    }),

  run: procedure({
    rest: 'POST /schedules/{id}/run',
    summary: 'Creates a pipeline of a schedule now; its next run stays as it is.',
    output: NewPipelineShape,
    creates: true,
    refuses: [
      ...(['schedule_not_found', 'schedule_unreadable', 'pipeline_filtered', 'pipeline_empty'] as const),
      ...OF_CONFIG,
    ],
  })
    .input(ById)
    .mutation(async ({ ctx: { services, access }, input: { id } }) => {
      const createdBy = access.kind === 'token' ? 'admin_token' : 'session'
      return showNewPipeline(unwrap(await runSchedule(services, { id, createdBy })))
    }),
})
