import type { TakenJob } from '../ports.ts'
import { announceQueued, type QueuePorts } from '../processing/advance-pipeline.ts'
import { digestOf } from '../tokens.ts'
import { encodeHint, jobTopic } from '../wakeups/job-events.ts'

/**
 * Puts a job that was claimed for a client that has disconnected back into its place in the queue, and wakes the runners
 * that could take it. Does nothing when the claim is no longer in force, or the job's token was used: then the answer
 * did arrive.
 *
 * @see `docs/protocol/job-request.md 6`
 */
export async function giveBackJob(
  ports: QueuePorts,
  { job: { id }, definition }: TakenJob,
  jobToken: string,
): Promise<void> {
  const isBack = await ports.jobs.putBack({ id, tokenDigest: digestOf(jobToken), timeout: definition.timeout })
  const job = isBack ? await ports.jobs.find(id) : null
  if (!job) return
  await ports.events.publish(jobTopic(id), encodeHint({ from: 0, to: 0, status: job.status }))
  await announceQueued(ports, job)
}
