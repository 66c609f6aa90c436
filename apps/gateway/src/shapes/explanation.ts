import { HOLD_UP_REASONS, JOB_STATUSES, RULES } from '@yardmaster/domain/jobs'
import type { Explanation } from '@yardmaster/domain/queue'
import { z } from 'zod'
import { FailureDetailShape } from './job.ts'
import { Count, CountOrNull, IdOrNull, IdShape, list, TextOrNull, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

/** A sentence about jobs, and those jobs. */
const JobsAndReason = z.strictObject({
  detail: z.string().describe('The reason as a sentence, which ends with a colon when jobs follow.'),
  jobs: list(z.strictObject({ id: IdShape, name: z.string(), status: z.enum(JOB_STATUSES), pipelineId: IdShape })),
})

/** Why a job waits. */
export const ExplanationShape = z
  .strictObject({
    // First, because nothing else matters during maintenance.
    maintenance: z.boolean().describe('Whether the instance is in maintenance and hands out no jobs to any runner.'),
    jobId: IdShape,
    status: z.enum(JOB_STATUSES),
    summary: z.string().describe('All of it in a sentence, which ends with a colon when jobs follow.'),
    ahead: CountOrNull.describe(
      'Waiting jobs before it that the fitting runners may take as well; 10001 means more than 10000. With fair scheduling, instance runners may take a later job of another project first. Null for a job that is not in the queue, or that no runner fits.',
    ),
    startsAt: TimeOrNull.describe('When a delayed job is queued.'),
    failedBefore: JobsAndReason.nullable().describe(
      'Why a job that is not queued yet will be skipped unless jobs before it are retried, and which these are; null when that is not decided.',
    ),
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
    skip: JobsAndReason.nullable().describe('Why the job was skipped, and because of which jobs; null if it was not.'),
    waitsForPipelineId: IdOrNull.describe('The child pipeline whose end a trigger job waits for.'),
    failureDetail: FailureDetailShape,
    runners: list(
      z.strictObject({
        runnerId: IdShape,
        description: TextOrNull,
        fits: z.boolean(),
        rule: z.enum(RULES).nullable().describe('The rule that excludes the runner.'),
        detail: z.string().describe('The reason as a sentence.'),
        runningJobs: Count.describe('How many jobs it runs now. How many it may run at once, it does not say.'),
      }),
    ).describe(
      'The runners closest to taking the job come first; none for a job that was taken or is over, nor for a trigger job.',
    ),
  })
  .meta({ id: 'Explanation' })

export const showExplanation = (explanation: Explanation): z.input<typeof ExplanationShape> => ({
  maintenance: explanation.maintenance,
  jobId: explanation.jobId,
  status: explanation.status,
  summary: visible(explanation.summary),
  ahead: explanation.ahead,
  startsAt: explanation.startsAt,
  failedBefore: showJobsAndReason(explanation.failedBefore),
  waitsFor: explanation.waitsFor.map(({ id, name, status, pipelineId, reason, detail }) => ({
    ...{ id, name: visible(name), status, pipelineId, reason },
    detail: visible(detail),
  })),
  skip: showJobsAndReason(explanation.skip),
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

const showJobsAndReason = (given: Explanation['skip']) =>
  given && {
    detail: given.detail,
    jobs: given.jobs.map(({ id, name, status, pipelineId }) => ({ id, name: visible(name), status, pipelineId })),
  }
