import { HOLD_UP_REASONS, JOB_STATUSES, RULES } from '@yardmaster/domain/jobs'
import type { Explanation } from '@yardmaster/domain/queue'
import { z } from 'zod'
import { FailureDetailShape } from './job.ts'
import { Count, IdOrNull, IdShape, list, TextOrNull } from './values.ts'
import { visible } from './visible.ts'

/** Why a job waits. */
export const ExplanationShape = z
  .strictObject({
    // First, because nothing else matters during maintenance.
    maintenance: z.boolean().describe('Whether the instance is in maintenance and hands out no jobs to any runner.'),
    jobId: IdShape,
    status: z.enum(JOB_STATUSES),
    waitsFor: list(
      z.strictObject({
        id: IdShape,
        name: z.string(),
        status: z.enum(JOB_STATUSES),
        pipelineId: IdShape,
        reason: z
          .enum(HOLD_UP_REASONS)
          .describe(
            'It has to be over first; it has the resource; or it is ahead in the resource group, by the age of its pipeline.',
          ),
        detail: z.string().describe('The reason as a sentence.'),
      }),
    ).describe('Jobs that hold this one up.'),
    skip: z
      .strictObject({
        detail: z.string().describe('The reason as a sentence, which ends with a colon when jobs follow.'),
        jobs: list(
          z.strictObject({ id: IdShape, name: z.string(), status: z.enum(JOB_STATUSES), pipelineId: IdShape }),
        ).describe('The jobs because of which it was skipped.'),
      })
      .nullable()
      .describe('Why the job was skipped; null if it was not.'),
    waitsForPipelineId: IdOrNull.describe('The child pipeline whose end a trigger job waits for.'),
    failureDetail: FailureDetailShape,
    runners: list(
      z.strictObject({
        runnerId: IdShape,
        description: TextOrNull,
        fits: z.boolean(),
        rule: z.enum(RULES).nullable().describe('The rule that excludes the runner.'),
        detail: z.string().describe('The reason as a sentence.'),
        runningJobs: Count,
      }),
    ).describe('The runners closest to taking the job come first; none for a trigger job.'),
  })
  .meta({ id: 'Explanation' })

export const showExplanation = (explanation: Explanation): z.input<typeof ExplanationShape> => ({
  maintenance: explanation.maintenance,
  jobId: explanation.jobId,
  status: explanation.status,
  waitsFor: explanation.waitsFor.map(({ id, name, status, pipelineId, reason, detail }) => ({
    ...{ id, name: visible(name), status, pipelineId, reason },
    detail: visible(detail),
  })),
  skip: explanation.skip && {
    detail: explanation.skip.detail,
    jobs: explanation.skip.jobs.map(({ id, name, status, pipelineId }) => ({
      ...{ id, name: visible(name), status, pipelineId },
    })),
  },
  waitsForPipelineId: explanation.waitsForPipelineId,
  failureDetail: visible(explanation.failureDetail),
  runners: explanation.runners.map((runner) => ({
    runnerId: runner.runnerId,
    description: visible(runner.description),
    fits: runner.fits,
    rule: runner.rule,
    detail: visible(runner.detail),
    runningJobs: runner.runningJobs,
  })),
})
