import { oneByOne } from '../background.ts'
import type { OverdueJob } from '../ports.ts'
import { followUp } from '../processing/follow-up.ts'
import type { Services } from '../services.ts'
import { type EndPorts, endJob } from './end-job.ts'

const AT_ONCE = 100

/** In seconds; set at start (`docs/operations.md#expiry-and-sweeps`). */
export interface JobLimits {
  readonly silenceSeconds: number
  readonly acceptSeconds: number
  readonly pendingSeconds: number
  readonly stuckPendingSeconds: number
  readonly timeoutGraceSeconds: number
}

/**
 * Ends executing jobs that exceeded their time limit and its grace, were silent for too long or were never accepted,
 * and pending jobs that no runner can take. Any number of processes may do this at once: each end is one conditional
 * statement.
 *
 * @param since - when this process began to listen (`listening-since.ts`): before that, no runner could report a job.
 * @see `docs/protocol/job-update.md 8, 9`
 */
export async function timeOutJobs(
  ports: EndPorts & Pick<Services, 'contacts'>,
  limits: JobLimits,
  since: Date,
): Promise<void> {
  await timeOutExecuting(ports, limits, since)
  await failStuck(ports, limits, since)
}

const REASONS: Readonly<Record<OverdueJob['reason'], string>> = {
  time_limit: 'server_timeout_running',
  not_accepted: 'runner_provisioning_timeout',
  silent: 'no_updates_running',
}

async function timeOutExecuting(ports: EndPorts, limits: JobLimits, since: Date): Promise<void> {
  const { timeoutGraceSeconds: timeLimitGraceSeconds, acceptSeconds, silenceSeconds } = limits
  for (;;) {
    const overdue = await ports.jobs.overdue({ timeLimitGraceSeconds, acceptSeconds, silenceSeconds, since }, AT_ONCE)
    const endings = new Map(
      overdue.map(({ id, reason, lastSignalAt }) => {
        // A job reported meanwhile is alive. Its time limit applies all the same.
        const alive = reason === 'time_limit' ? {} : { ifSilentSince: lastSignalAt }
        return [id, { event: 'drop' as const, failureReason: REASONS[reason], ...alive }]
      }),
    )
    const ids = [...endings.keys()]
    const done = await oneByOne(ports, ids, 'time out job', async (id) => {
      const ending = endings.get(id)
      if (ending) await endJob(ports, id, ending)
    })
    if (!done || ids.length < AT_ONCE) return
  }
}

async function failStuck(
  ports: EndPorts & Pick<Services, 'contacts'>,
  { pendingSeconds, stuckPendingSeconds: stuckSeconds }: JobLimits,
  since: Date,
): Promise<void> {
  // A runner that waits in a held request is online, though this is not stored yet.
  await ports.contacts.flush()
  for (;;) {
    const stuck = await ports.jobs.stuck({ pendingSeconds, stuckSeconds, since }, AT_ONCE)
    const abandoned = new Set(stuck.filter((job) => job.abandoned).map(({ id }) => id))
    const ids = stuck.map(({ id }) => id)
    const done = await oneByOne(ports, ids, 'fail the stuck job', async (id) => {
      const reason = abandoned.has(id) ? 'stuck_pending_no_matching_runners' : 'stuck_pending_with_matching_runners'
      const job = await ports.jobs.dropWaiting(id, reason)
      if (job) await followUp(ports, job)
    })
    if (!done || ids.length < AT_ONCE) return
  }
}
