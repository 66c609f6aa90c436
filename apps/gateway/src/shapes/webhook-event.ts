import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import { z } from 'zod'
import { JobShape } from './job.ts'
import { PipelineInEventShape } from './pipeline.ts'
import { Time } from './values.ts'

const envelope = {
  id: z.string().describe('The same at every attempt, and in `X-Yardmaster-Delivery`.'),
  time: Time.describe('When the change happened.'),
}

const previousStatus = z.enum(JOB_STATUSES).nullable().describe('Null when the job or the pipeline was just created.')
const url = z.string().describe('Its page.')

/** The event of a changed job status. */
export const JobEventShape = z
  .strictObject({
    ...envelope,
    event: z.literal('job'),
    previousStatus,
    url,
    job: JobShape,
  })
  .meta({ id: 'JobEvent' })

/** The event of a changed pipeline status. */
export const PipelineEventShape = z
  .strictObject({ ...envelope, event: z.literal('pipeline'), previousStatus, url, pipeline: PipelineInEventShape })
  .meta({ id: 'PipelineEvent' })

/** The event that an administrator sends to try a webhook. */
export const TestEventShape = z.strictObject({ ...envelope, event: z.literal('test') }).meta({ id: 'TestEvent' })
