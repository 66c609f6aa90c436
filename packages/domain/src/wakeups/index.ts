/** Notifies of changes of jobs and of the queue. */
export { queueValueKey, queueValueTopic } from './queue-value.ts'
