import { oneByOne } from '../background.ts'
import { sealTrace } from '../traces/seal-trace.ts'
import { encodeHint, jobTopic } from '../wakeups/job-events.ts'
import { type RetentionPorts, walkByAge } from './walk.ts'

/**
 * Removes logs of jobs that ended longer ago than the installation or their project keeps logs. The jobs stay, with
 * their artifacts, and say when the log was removed. If a process dies before the objects are deleted, the sweep that
 * seals logs does it.
 *
 * @returns the sweep, for one process. When its signal aborts, it ends after the portion under way.
 * @see `docs/operations.md#retention`
 */
export const removeOldLogs = (ports: RetentionPorts): ((signal?: AbortSignal) => Promise<void>) =>
  walkByAge(ports, ports.policy.logRetentionDays, ports.retention.removeLogs, async (jobs) => {
    const ids = jobs.map(({ id }) => id)
    const isDone = await oneByOne(ports, ids, 'remove the log of job', (id) => sealTrace(ports, id))
    for (const { id, status } of jobs) await ports.events.publish(jobTopic(id), encodeHint({ from: 0, to: 0, status }))
    if (jobs.length > 0) await ports.events.publish('jobs')
    return isDone
  })
