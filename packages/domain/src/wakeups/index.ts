/** Says who learns that a job or the queue changed. */
export { queueValueKey, queueValueTopic } from './queue-value.ts'
export { tickForJob } from './tick-for-job.ts'
