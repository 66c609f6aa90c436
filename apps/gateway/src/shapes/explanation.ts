import { type Explanation, JOB_STATUSES, RULES } from '@yardmaster/domain'
import { z } from 'zod'
import { Count, IdShape, list, TextOrNull } from './values.ts'
import { visible } from './visible.ts'

/** Why a job waits. */
export const ExplanationShape = z
  .strictObject({
    // First, as it is the first thing to know.
    maintenance: z.boolean().describe('The instance hands out nothing, whatever the runners are.'),
    jobId: IdShape,
    status: z.enum(JOB_STATUSES),
    waitsFor: list(z.strictObject({ id: IdShape, name: z.string(), status: z.enum(JOB_STATUSES) })).describe(
      'Jobs that have to end before this one is queued.',
    ),
    runners: list(
      z.strictObject({
        runnerId: IdShape,
        description: TextOrNull,
        fits: z.boolean(),
        rule: z.enum(RULES).nullable().describe('What excludes the runner.'),
        detail: z.string().describe('A sentence that a person understands.'),
        runningJobs: Count,
      }),
    ).describe('Those closest to taking the job first.'),
  })
  .meta({ id: 'Explanation' })

export const showExplanation = (explanation: Explanation): z.input<typeof ExplanationShape> => ({
  maintenance: explanation.maintenance,
  jobId: explanation.jobId,
  status: explanation.status,
  waitsFor: explanation.waitsFor.map(({ id, name, status }) => ({ id, name, status })),
  runners: explanation.runners.map((runner) => ({
    runnerId: runner.runnerId,
    description: visible(runner.description),
    fits: runner.fits,
    rule: runner.rule,
    detail: visible(runner.detail),
    runningJobs: runner.runningJobs,
  })),
})
