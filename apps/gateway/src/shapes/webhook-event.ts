import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import { z } from 'zod'
import { JobShape } from './job.ts'
import { Time } from './values.ts'

const envelope = {
  id: z.string().describe('The same at every attempt, and in `X-Yardmaster-Delivery`.'),
  time: Time.describe('When the change happened.'),
}

/** What a webhook is sent when the status of a job has changed. */
export const JobEventShape = z
  .strictObject({
    ...envelope,
    event: z.literal('job'),
    previousStatus: z.enum(JOB_STATUSES).nullable().describe('Null when the job was just created.'),
    job: JobShape,
  })
  .meta({ id: 'JobEvent' })

/** What an administrator sends to try a webhook. */
export const TestEventShape = z.strictObject({ ...envelope, event: z.literal('test') }).meta({ id: 'TestEvent' })
