import { setTimeout as pause } from 'node:timers/promises'
import type { Services } from '@yardmaster/domain'
import { expireArtifacts } from '@yardmaster/domain/artifacts'
import { expireAuditEvents } from '@yardmaster/domain/audit'
import { followChildren, startChildren } from '@yardmaster/domain/children'
import { type CommitStatus, deliverStatuses, expireStatuses } from '@yardmaster/domain/commit-statuses'
import { stopDueEnvironments } from '@yardmaster/domain/environments'
import { endLostJobs, endRemovedJobs, type JobLimits, timeOutJobs } from '@yardmaster/domain/execution'
import { expireHookDeliveries, HOOKS_TOPIC, type HookDelivery, workDeliveries } from '@yardmaster/domain/hooks'
import { rotateSigningKeys } from '@yardmaster/domain/id-tokens'
import { cancelAfterFailures, eraseRemovedJobs } from '@yardmaster/domain/pipelines'
import { catchUp, settleRecent, startDelayedJobs } from '@yardmaster/domain/processing'
import { listeningSince, noticeLeftJobs } from '@yardmaster/domain/queue'
import { joinPacks, removeLostRepositories, removeOldRuns, removeUnreachable } from '@yardmaster/domain/repositories'
import { removeOldLogs, removeOldPipelines } from '@yardmaster/domain/retention'
import { removeSilentManagers } from '@yardmaster/domain/runners'
import { runDueSchedules } from '@yardmaster/domain/schedules'
import { sealFinishedTraces, tidySegments } from '@yardmaster/domain/traces'
import { type Delivery, deliverWebhooks, expireDeliveries } from '@yardmaster/domain/webhooks'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { showEvents } from './shapes/show-events.ts'

/** Milliseconds until a heartbeat is visible to other processes; for a held request up to half a minute more. */
const CONTACTS_MS = 5_000
/** Milliseconds by which a delayed job may be queued late. */
const DELAYED_MS = 5_000
/** Milliseconds by which the pipeline of a schedule may be created late. */
const SCHEDULES_MS = 10_000
/** Milliseconds between two searches for jobs whose runner never received them. */
const LOST_JOBS_MS = 10_000
/** Milliseconds until a change is sent to webhooks and forges, unless the receiver is busy. */
const DELIVERIES_MS = 1_000

/** Milliseconds until a delivery of a hook is worked on of which no event told, such as one that is tried again. */
const HOOKS_MS = 1_000
const PACKS_MS = 60_000

/** Milliseconds until a topic is followed again that could not be. */
const AFTER_FAILURE_MS = 5_000
/** Milliseconds between two looks at all pipelines of the last week. */
const RECENT_PIPELINES_MS = 3_600_000
/** Milliseconds between two searches for managers that were silent for a week, which read all managers. */
const MANAGERS_MS = 600_000

/** The outcome of an attempt in the metrics, by the state of its delivery afterwards. */
const OUTCOMES = { delivered: 'delivered', waiting: 'retried', failed: 'failed' } as const

/**
 * Starts the periodic tasks. A task runs again only after it has ended; a failure is logged, and the task tried again.
 */
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
  const delivering = { ...services, ...showEvents(services) }
  const { signal } = stopping
  const endLost = endLostJobs(services)
  const noticeLeft = noticeLeftJobs(services, (sentence) => log.warn(sentence))
  const rotateKeys = rotateSigningKeys(services, (sentence) => log.warn(sentence))
  const removePipelines = removeOldPipelines(services)
  const removeLogs = removeOldLogs(services)
  const attempted = (state: Delivery['state']) => metrics.webhookAttempts.inc({ outcome: OUTCOMES[state] })
  const stated = (state: CommitStatus['state']) => metrics.commitStatusAttempts.inc({ outcome: OUTCOMES[state] })
  const settled = ({ kind, outcome }: HookDelivery) => metrics.hookDeliveries.inc({ kind, outcome })
  const stops = [
    whenever(HOOKS_TOPIC, HOOKS_MS, () => workDeliveries(services, { signal, settled }), { services, log }),
    whenever('pipelines', sweepIntervalMs, () => cancelAfterFailures(services), { services, log }),
    whenever('pipelines', sweepIntervalMs, () => startChildren(services), { services, log }),
    whenever('pipelines', sweepIntervalMs, () => followChildren(services), { services, log }),
    every(DELIVERIES_MS, 'deliver webhooks', () => deliverWebhooks(delivering, { signal, attempted }), log),
    every(DELIVERIES_MS, 'send commit statuses', () => deliverStatuses(services, { signal, attempted: stated }), log),
    every(CONTACTS_MS, 'write contacts', () => services.contacts.write(), log),
    every(LOST_JOBS_MS, 'end lost jobs', async () => endLost(await listeningSince(services)), log),
    every(DELAYED_MS, 'start delayed jobs', () => startDelayedJobs(services), log),
    every(SCHEDULES_MS, 'run due schedules', () => runDueSchedules(services, signal), log),
    every(MANAGERS_MS, 'remove silent managers', () => removeSilentManagers(services), log),
    every(
      sweepIntervalMs,
      'time out jobs',
      async () => timeOutJobs(services, jobLimits, await listeningSince(services)),
      log,
    ),
    every(sweepIntervalMs, 'count jobs that wait for a newer release', noticeLeft, log),
    every(sweepIntervalMs, 'follow up jobs', () => catchUp(services), log),
    every(RECENT_PIPELINES_MS, 'settle recent pipelines', () => settleRecent(services), log),
    every(sweepIntervalMs, 'end the jobs of removed projects', () => endRemovedJobs(services), log),
    every(sweepIntervalMs, 'erase the jobs of removed pipelines', () => eraseRemovedJobs(services), log),
    every(sweepIntervalMs, 'stop environments', () => stopDueEnvironments(services), log),
    every(sweepIntervalMs, 'seal traces', () => sealFinishedTraces(services), log),
    every(sweepIntervalMs, 'tidy segments of logs', () => tidySegments(services), log),
    every(sweepIntervalMs, 'expire artifacts', async () => void (await expireArtifacts(services)), log),
    every(sweepIntervalMs, 'remove idle lanes', async () => void (await services.jobs.removeIdleLanes()), log),
    every(sweepIntervalMs, 'remove old sessions', () => services.sessions.removeExpired(), log),
    every(sweepIntervalMs, 'rotate signing keys', rotateKeys, log),
    every(sweepIntervalMs, 'remove old pipelines', () => removePipelines(signal), log),
    every(sweepIntervalMs, 'remove old logs', () => removeLogs(signal), log),
    every(sweepIntervalMs, 'remove copies of repositories', () => removeLostRepositories(services), log),
    every(PACKS_MS, 'join packs of repositories', () => joinPacks(services), log),
    every(sweepIntervalMs, 'remove old working trees', () => removeOldRuns(services), log),
    every(PACKS_MS, 'remove objects that no ref reaches', () => removeUnreachable(services), log),
    every(sweepIntervalMs, 'expire audit events', () => expireAuditEvents(services), log),
    every(sweepIntervalMs, 'expire deliveries', () => expireDeliveries(services), log),
    every(sweepIntervalMs, 'expire commit statuses', () => expireStatuses(services), log),
    every(sweepIntervalMs, 'expire deliveries of hooks', () => expireHookDeliveries(services), log),
  ]
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(stops.map((stop) => stop()))
      await services.background.settle()
      await services.contacts.flush().catch((error: unknown) => log.error({ err: error }, 'heartbeats were lost'))
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

/** Runs a task after each event of a topic, and now and then without one. The returned function stops that. */
function whenever(
  topic: string,
  atLeastEveryMs: number,
  task: () => Promise<void>,
  { services: { events }, log }: { services: Pick<Services, 'events'>; log: Logger },
): () => Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  const follow = async () => {
    while (!signal.aborted) {
      try {
        await using wakeups = await events.subscribe(topic)
        while (!signal.aborted) {
          await task()
          await wakeups.wait(atLeastEveryMs, signal)
        }
      } catch (error) {
        log.error({ err: error }, `could not follow ${topic}`)
        await pause(AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  const following = follow()
  return async () => {
    stopping.abort()
    await following
  }
}
