import { MONTH, monthOf, parseMonth } from '@yardmaster/domain/usage'
import { z } from 'zod'
import {
  ProjectsUsageShape,
  RunnersUsageShape,
  StorageShape,
  showProjectsUsage,
  showRunnersUsage,
  showStorage,
  showTimes,
  TimesShape,
} from '../shapes/usage.ts'
import { text } from './inputs.ts'
import { procedure, router } from './trpc.ts'

const A_YEAR_OF_HOURS = 366 * 24

const Month = z
  .string()
  .meta({ pattern: MONTH.source })
  .transform((text, context) => {
    const month = parseMonth(text)
    if (month !== null) return month
    context.addIssue({ code: 'custom', message: 'allowed is a calendar month in UTC, such as 2026-11' })
    return z.NEVER
  })
  .optional()

const OfMonth = z.strictObject({ month: Month }).default({})

/** `usage.*` of the admin API: run time per project and per runner, and how long jobs wait and run. */
export const usageRouter = router({
  storage: procedure({
    rest: 'GET /usage/storage',
    summary: 'Lists what each project stores and may store, the largest first.',
    output: StorageShape,
  }).query(async ({ ctx: { services } }) => showStorage(await services.usage.storage())),

  projects: procedure({
    rest: 'GET /usage/projects',
    summary: 'Lists the run time of each project in a month, the largest first.',
    output: ProjectsUsageShape,
  })
    .input(OfMonth)
    .query(async ({ ctx: { services }, input: { month = monthOf(services.clock.now()) } }) =>
      showProjectsUsage(month, await services.usage.projects(month)),
    ),

  runners: procedure({
    rest: 'GET /usage/runners',
    summary: 'Lists the run time of each runner in a month, the largest first.',
    output: RunnersUsageShape,
  })
    .input(OfMonth)
    .query(async ({ ctx: { services }, input: { month = monthOf(services.clock.now()) } }) =>
      showRunnersUsage(month, await services.usage.runners(month)),
    ),

  times: procedure({
    rest: 'GET /usage/times',
    summary: 'Returns how long recently finished jobs waited and ran, by tag.',
    output: TimesShape,
  })
    .input(
      z
        .strictObject({
          tag: text(255).min(1).optional(),
          hours: z.number().int().min(1).max(A_YEAR_OF_HOURS).default(24),
        })
        .default({ hours: 24 }),
    )
    .query(async ({ ctx: { services }, input }) => showTimes(input.hours, await services.usage.times(input))),
})
