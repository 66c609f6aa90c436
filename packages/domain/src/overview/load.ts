import type { JobStore, QueueLength, RunnerStore } from '../ports.ts'
import type { RunnerStatus } from '../runners/runner.ts'

/** What waits in the queue, and how many runners could work. */
export interface Load {
  readonly queue: QueueLength
  readonly runners: Readonly<Record<RunnerStatus, number>>
}

/** The highest count of waiting jobs. Counting so many takes a few milliseconds. */
const MOST_WAITING = 100_000
/** Every page on screen asks, and so does every change of a job. */
const KEPT_MS = 1_000
/** Counting uses at most a twentieth of the time. */
const KEPT_TIMES = 19

/** Wraps the counts: calls during a count, or within a second of it, share its result. */
export function rememberLoad(
  { jobs, runners }: { jobs: Pick<JobStore, 'queueLength'>; runners: Pick<RunnerStore, 'countByStatus'> },
  now: () => number = () => performance.now(),
): () => Promise<Load> {
  let latest: Promise<Load> | null = null
  let until = 0

  async function count(): Promise<Load> {
    const [queue, byStatus] = await Promise.all([jobs.queueLength(MOST_WAITING), runners.countByStatus()])
    return { queue, runners: byStatus }
  }

  return () => {
    if (latest && now() < until) return latest
    const began = now()
    until = Number.POSITIVE_INFINITY
    const counting = count()
    latest = counting
    counting.then(
      () => {
        const ended = now()
        until = ended + Math.max(KEPT_MS, KEPT_TIMES * (ended - began))
      },
      () => {
        latest = null
      },
    )
    return counting
  }
}
