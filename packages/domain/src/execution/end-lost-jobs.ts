import { oneByOne } from '../background.ts'
import { type EndPorts, endJob } from './end-job.ts'

const AT_ONCE = 1_000

/**
 * A runner that received a job makes itself heard 3 s later and then every 3 s until it gets through, whatever its
 * executor is about: gitlab-runner `common/consts.go` (`DefaultUpdateInterval`), `network/trace.go` (`watch`, `touchJob`:
 * the time of the last update is zero before the first).
 */
const ASKED_AFTER_SECONDS = 30
/**
 * After failed answers a runner pauses for up to 60 s before it tries again, for each HTTP method by itself
 * (`network/client.go`, later `network/retry_requester.go`: `backOffMaxDelay`; `Retry-After`, which is 60 s during
 * maintenance): a request for work may get through that much earlier than one for a job.
 */
const SILENT_MS = 65_000

/**
 * Ends jobs that were handed out in answer to a held request and never arrived, as they end when their time for being
 * accepted is over, only sooner. A proxy that swallows hang-ups makes them: it keeps the request of a runner that is gone.
 *
 * It is known when the same runner process asks again half a minute after the hand-over: it is there and gets through, and
 * would have used the job's token long before. Then it has a minute more, for all of which nothing may be heard. Requests
 * that are answered at once are left to the time limit, and with them clients that report rarely and can't be held.
 *
 * @param now - milliseconds that no change of the clock moves.
 * @returns what is to be done every few seconds, given since when this process has been listening.
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
      // What could not be read could not be written either: nobody can have made himself heard.
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
