import { oneByOne } from '../background.ts'
import { type EndPorts, endJob } from './end-job.ts'

const AT_ONCE = 1_000

/**
 * A runner that received a job sends its first request 3 s later, and then one every 3 s until it gets through,
 * whatever its executor is doing: gitlab-runner `common/consts.go` (`DefaultUpdateInterval`), `network/trace.go`
 * (`watch`, `touchJob`: the time of the last update is zero before the first).
 */
const ASKED_AFTER_SECONDS = 30
/**
 * After failed requests a runner pauses for up to 60 s before the next try, separately for each HTTP method
 * (`network/client.go`, later `network/retry_requester.go`: `backOffMaxDelay`; `Retry-After`, which is 60 s during
 * maintenance). A job request may therefore get through that much earlier than a request for a job in progress.
 */
const SILENT_MS = 65_000

/**
 * Ends jobs that were assigned in answer to a held request and never arrived. They end as they would when their
 * acceptance time is over, only sooner. A proxy that hides disconnects causes them: it keeps the request of a runner
 * that is gone.
 *
 * A job is suspected when the same runner process polls again half a minute after the assignment: the process is alive
 * and reaches us, and would have used the job's token long before. After another minute of silence the job is ended.
 * Requests that were answered at once are left to the time limit, and with them clients that report rarely and can't be
 * held.
 *
 * @param now - a monotonic clock in milliseconds.
 * @returns the function to call every few seconds, with the time since which this process has been listening.
 * @see `docs/protocol/job-update.md 8`
 */
export function endLostJobs(
  ports: EndPorts,
  now: () => number = () => performance.now(),
): (since: Date) => Promise<void> {
  let suspected = new Map<number, number>()

  async function suspects(since: Date): Promise<number[]> {
    try {
      return await ports.jobs.unreceived({ askedAfterSeconds: ASKED_AFTER_SECONDS, since }, AT_ONCE)
    } catch (error) {
      // If we can't read now, we could not write contacts either, so the silence proves nothing.
      suspected = new Map()
      throw error
    }
  }

  return async (since) => {
    const ids = await suspects(since)
    suspected = new Map(ids.map((id) => [id, suspected.get(id) ?? now()]))
    const lost = ids.filter((id) => now() - (suspected.get(id) ?? now()) >= SILENT_MS)
    await oneByOne(ports, lost, 'end lost job', async (id) => {
      await endJob(ports, id, { event: 'drop', failureReason: 'runner_provisioning_timeout', ifSilentSince: null })
    })
  }
}
