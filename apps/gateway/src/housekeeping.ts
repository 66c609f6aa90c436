import {
  catchUp,
  type Delivery,
  deliverWebhooks,
  endLostJobs,
  endRemovedJobs,
  expireArtifacts,
  expireAuditEvents,
  expireDeliveries,
  type Job,
  type JobLimits,
  listeningSince,
  noticeLeftJobs,
  removeSilentManagers,
  type Services,
  sealFinishedTraces,
  startDelayedJobs,
  timeOutJobs,
} from '@yardmaster/domain'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { showJob } from './shapes/show-jobs.ts'

/** Heartbeats of other processes are at most this old when they are shown; those of requests they hold half a minute more. */
const CONTACTS_MS = 5_000
/** A delayed job is queued at most this much later than it should. */
const DELAYED_MS = 5_000
/** How often it is looked for jobs whose runner never received them. */
const LOST_JOBS_MS = 10_000
/** A webhook hears of a change at most this much later, and of one whose receiver is busy when it is its turn. */
const DELIVERIES_MS = 1_000

/** Looking for managers that were silent for a week reads all of them. */
const MANAGERS_MS = 600_000

/** What an attempt came to, by what its delivery is then. */
const OUTCOMES = { delivered: 'delivered', waiting: 'retried', failed: 'failed' } as const

/** The timers: each task runs alone, again only after it has ended, and its failure is logged and tried again. */
export function startHousekeeping(
  services: Services,
  {
    log,
    metrics,
    sweepIntervalMs,
    jobLimits,
  }: { log: Logger; metrics: Metrics; sweepIntervalMs: number; jobLimits: JobLimits },
): AsyncDisposable {
  const stopping = new AbortController()
  const delivering = { ...services, showJob: (job: Job) => showJob(services, job) }
  const { signal } = stopping
  const endLost = endLostJobs(services)
  const noticeLeft = noticeLeftJobs(services, (sentence) => log.warn(sentence))
  const attempted = (state: Delivery['state']) => metrics.webhookAttempts.inc({ outcome: OUTCOMES[state] })
  const stops = [
    every(DELIVERIES_MS, 'deliver webhooks', () => deliverWebhooks(delivering, { signal, attempted }), log),
    every(CONTACTS_MS, 'write contacts', () => services.contacts.write(), log),
    every(LOST_JOBS_MS, 'end lost jobs', async () => endLost(await listeningSince(services)), log),
    every(DELAYED_MS, 'start delayed jobs', () => startDelayedJobs(services), log),
    every(MANAGERS_MS, 'remove silent managers', () => removeSilentManagers(services), log),
    every(
      sweepIntervalMs,
      'time out jobs',
      async () => timeOutJobs(services, jobLimits, await listeningSince(services)),
      log,
    ),
    every(sweepIntervalMs, 'count jobs that wait for a newer release', noticeLeft, log),
    every(sweepIntervalMs, 'follow up jobs', () => catchUp(services), log),
    every(sweepIntervalMs, 'end the jobs of removed projects', () => endRemovedJobs(services), log),
    every(sweepIntervalMs, 'seal traces', () => sealFinishedTraces(services), log),
    every(sweepIntervalMs, 'expire artifacts', async () => void (await expireArtifacts(services)), log),
    every(sweepIntervalMs, 'remove idle lanes', async () => void (await services.jobs.removeIdleLanes()), log),
    every(sweepIntervalMs, 'remove old sessions', () => services.sessions.removeExpired(), log),
    every(sweepIntervalMs, 'expire audit events', () => expireAuditEvents(services), log),
    every(sweepIntervalMs, 'expire deliveries', () => expireDeliveries(services), log),
  ]
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(stops.map((stop) => stop()))
      await services.background.settle()
      await services.contacts.flush().catch((error: unknown) => log.error({ err: error }, 'contacts were lost'))
    },
  }
}

/** Starts one timer; the returned function stops it and waits for the run under way. */
function every(ms: number, name: string, task: () => Promise<void>, log: Logger): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  let timer: NodeJS.Timeout
  const schedule = () => {
    if (stopped) return
    timer = setTimeout(() => {
      running = task()
        .catch((error: unknown) => log.error({ err: error }, `could not ${name}`))
        .finally(schedule)
    }, ms)
    timer.unref()
  }
  schedule()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
