import { monthOf, parseMonth } from '@yardmaster/domain'
import { z } from 'zod'
import { visible } from '../shapes/visible.ts'
import { text } from './inputs.ts'
import { adminProcedure, router } from './trpc.ts'

const A_YEAR_OF_HOURS = 366 * 24

const Month = z
  .string()
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
  /** What each project stores now, and may store. */
  storage: adminProcedure.query(async ({ ctx: { services } }) => ({ items: await services.usage.storage() })),

  projects: adminProcedure
    .input(OfMonth)
    .query(async ({ ctx: { services }, input: { month = monthOf(services.clock.now()) } }) => ({
      month,
      items: await services.usage.projects(month),
    })),

  runners: adminProcedure
    .input(OfMonth)
    .query(async ({ ctx: { services }, input: { month = monthOf(services.clock.now()) } }) => ({
      month,
      items: visible(await services.usage.runners(month)),
    })),

  times: adminProcedure
    .input(
      z
        .strictObject({
          tag: text(255).min(1).optional(),
          hours: z.number().int().min(1).max(A_YEAR_OF_HOURS).default(24),
        })
        .default({ hours: 24 }),
    )
    .query(async ({ ctx: { services }, input }) => ({ hours: input.hours, ...(await services.usage.times(input)) })),
})
