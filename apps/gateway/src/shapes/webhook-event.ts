import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import { z } from 'zod'
import { JobShape } from './job.ts'
import { Time } from './values.ts'

const envelope = {
  id: z.string().describe('The same at every attempt, and in `X-Yardmaster-Delivery`.'),
  time: Time.describe('When the change happened.'),
}

/** The event of a changed job status. */
export const JobEventShape = z
  .strictObject({
    ...envelope,
    event: z.literal('job'),
    previousStatus: z.enum(JOB_STATUSES).nullable().describe('Null when the job was just created.'),
    job: JobShape,
  })
  .meta({ id: 'JobEvent' })

/** The event that an administrator sends to try a webhook. */
export const TestEventShape = z.strictObject({ ...envelope, event: z.literal('test') }).meta({ id: 'TestEvent' })
