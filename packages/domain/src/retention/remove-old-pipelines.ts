import { oneByOne } from '../background.ts'
import { sealTrace } from '../traces/seal-trace.ts'
import { PORTION, type RetentionPorts, walkByAge } from './walk.ts'

/**
 * Removes families of pipelines that ended longer ago than the installation or their project keeps them, with their
 * jobs, logs and artifacts. What the jobs used still counts in the usage.
 *
 * A family is hidden first, then its jobs are erased, then their objects are deleted, and their rows last. So whatever
 * crashes in between, a row says what is left to do, and the next call of any process does it.
 *
 * @returns the sweep, for one process. When its signal aborts, it ends after the portion under way.
 * @see `docs/operations.md#retention`
 */
export function removeOldPipelines(ports: RetentionPorts): (signal?: AbortSignal) => Promise<void> {
  const { events, policy, retention } = ports
  return walkByAge(ports, policy.jobRetentionDays, retention.hidePipelines, async (hidden, signal) => {
    if (hidden > 0) {
      await events.publish('pipelines')
      await events.publish('jobs')
    }
    return await finishRemoval(ports, signal)
  })
}

/** Returns false when objects could not be deleted. */
async function finishRemoval(ports: RetentionPorts, signal: AbortSignal | undefined): Promise<boolean> {
  const { retention, clock } = ports
  while (!signal?.aborted) {
    const erased = await retention.eraseJobs(clock.now(), PORTION)
    const isDone = await oneByOne(ports, erased, 'remove the log of job', (id) => sealTrace(ports, id))
    const deleted = await retention.deleteJobs(PORTION)
    if (!isDone) return false
    if (erased.length + deleted === 0) return true
  }
  return true
}
