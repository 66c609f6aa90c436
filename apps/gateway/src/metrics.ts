import type { Services } from '@yardmaster/domain'
import { type JobTimes, monthOf, type Percentiles } from '@yardmaster/domain/usage'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { rememberSlowReads } from './remember-slow-reads.ts'

/**
 * The largest projects that have a series of their own; the others share one, so that labels do not grow without limit.
 */
const PROJECTS_SHOWN = 100
/** The same limit for tags. */
const TAGS_SHOWN = 50
const HOURS = 24
/** The highest count of waiting deliveries. Counting so many takes a few milliseconds. */
const MOST_WAITING = 100_000

const WAITS = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400]
const HOLDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const TIMES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

let ofProcess: Registry | null = null

/** Returns what is measured of the process itself: once, because a timer and an observer of that never end. */
function measuresOfProcess(): Registry {
  if (ofProcess === null) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

/** Opens what `/metrics` shows (`docs/operations.md#health-and-metrics`). */
export function openMetrics() {
  const registry = Registry.merge([measuresOfProcess()])
  const registers = [registry]

  return {
    registry,
    jobRequests: new Counter({
      name: 'yardmaster_job_requests_total',
      help: 'Job requests of runners, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    jobUpdates: new Counter({
      name: 'yardmaster_job_updates_total',
      help: 'Job updates of runners, by status of the answer.',
      labelNames: ['status'] as const,
      registers,
    }),
    tracePatches: new Counter({
      name: 'yardmaster_trace_patches_total',
      help: 'Trace patches, by status of the answer.',
      labelNames: ['status'] as const,
      registers,
    }),
    traceBytes: new Counter({ name: 'yardmaster_trace_bytes_total', help: 'Bytes of log accepted.', registers }),
    artifactUploads: new Counter({
      name: 'yardmaster_artifact_uploads_total',
      help: 'Uploads of artifacts, by status of the answer.',
      labelNames: ['status'] as const,
      registers,
    }),
    artifactBytes: new Counter({
      name: 'yardmaster_artifact_bytes_total',
      help: 'Bytes of artifacts stored.',
      registers,
    }),
    webhookAttempts: new Counter({
      name: 'yardmaster_webhook_attempts_total',
      help: 'Requests to webhooks, by outcome: delivered, retried (not yet delivered), failed (for good).',
      labelNames: ['outcome'] as const,
      registers,
    }),
    gitRequests: new Counter({
      name: 'yardmaster_git_requests_total',
      help: 'Answers to git clients, by service and status.',
      labelNames: ['service', 'status'] as const,
      registers,
    }),
    gitBytes: new Counter({ name: 'yardmaster_git_bytes_total', help: 'Bytes sent to git clients.', registers }),
    gitAnswers: new Gauge({
      name: 'yardmaster_git_answers',
      help: 'Git clients that are being answered or wait for it.',
      registers,
    }),
    commitStatusAttempts: new Counter({
      name: 'yardmaster_commit_status_attempts_total',
      help: 'Commit statuses sent to forges, by outcome: delivered, retried (not yet delivered), failed (until the next change).',
      labelNames: ['outcome'] as const,
      registers,
    }),
    hookRequests: new Counter({
      name: 'yardmaster_hook_requests_total',
      help: 'Requests to incoming hooks, by kind and answer: accepted, repeated, refused, malformed.',
      labelNames: ['kind', 'answer'] as const,
      registers,
    }),
    hookDeliveries: new Counter({
      name: 'yardmaster_hook_deliveries_total',
      help: 'Deliveries of incoming hooks on which the work is over for now, by kind and outcome.',
      labelNames: ['kind', 'outcome'] as const,
      registers,
    }),
    heldPolls: new Gauge({ name: 'yardmaster_held_polls', help: 'Job requests that are held now.', registers }),
    followers: new Gauge({ name: 'yardmaster_trace_followers', help: 'Live views of a log now.', registers }),
    eventLoopHeld: new Histogram({
      name: 'yardmaster_event_loop_held_seconds',
      help: 'Processor time of the main thread between two turns of the event loop.',
      buckets: HOLDS,
      registers,
    }),
    queueWait: new Histogram({
      name: 'yardmaster_queue_wait_seconds',
      help: 'Time from a job becoming pending to a runner claiming it.',
      buckets: WAITS,
      registers,
    }),
    requestTime: new Histogram({
      name: 'yardmaster_request_seconds',
      help: 'Time to answer, by kind of request. Held polls are left out.',
      labelNames: ['route'] as const,
      buckets: TIMES,
      registers,
    }),
  }
}

export type Metrics = ReturnType<typeof openMetrics>

/** Adds gauges that are read from the stores on request. Those that sum whole tables are cached for a while. */
export function watchStores(
  { registry }: Metrics,
  services: Pick<
    Services,
    'jobs' | 'runners' | 'contacts' | 'artifacts' | 'usage' | 'webhooks' | 'commitStatuses' | 'clock'
  >,
): void {
  const { jobs, runners, contacts, artifacts, webhooks, commitStatuses } = services
  watchUsage(registry, services)
  const countJobs = rememberSlowReads(() => jobs.countByStatus())
  const storedArtifacts = rememberSlowReads(() => artifacts.usage())
  new Gauge({
    name: 'yardmaster_jobs',
    help: 'Jobs, by status.',
    labelNames: ['status'] as const,
    registers: [registry],
    async collect() {
      this.reset()
      for (const [status, count] of Object.entries(await countJobs())) this.set({ status }, count)
    },
  })
  new Gauge({
    name: 'yardmaster_runners',
    help: 'Runners, by status.',
    labelNames: ['status'] as const,
    registers: [registry],
    async collect() {
      await contacts.flush()
      this.reset()
      for (const [status, count] of Object.entries(await runners.countByStatus())) this.set({ status }, count)
    },
  })
  new Gauge({
    name: 'yardmaster_webhook_deliveries_waiting',
    help: `Deliveries waiting for their first or next attempt; ${MOST_WAITING} means that many or more.`,
    registers: [registry],
    async collect() {
      this.set(await webhooks.countWaiting(MOST_WAITING))
    },
  })
  new Gauge({
    name: 'yardmaster_commit_statuses_waiting',
    help: `Commit statuses waiting for their first or next attempt; ${MOST_WAITING} means that many or more.`,
    registers: [registry],
    async collect() {
      this.set(await commitStatuses.countWaiting(MOST_WAITING))
    },
  })
  new Gauge({
    name: 'yardmaster_stored_artifact_bytes',
    help: `Bytes of stored artifacts, by project id; all but the ${PROJECTS_SHOWN} largest projects are "other".`,
    labelNames: ['project'] as const,
    registers: [registry],
    async collect() {
      const usage = (await storedArtifacts()).toSorted((a, b) => b.artifactBytes - a.artifactBytes)
      setLargest(
        this,
        usage.map(({ projectId, artifactBytes }) => [projectId, artifactBytes]),
      )
    },
  })
}

/** Sets a series for each of the largest projects, and one for all the others. */
function setLargest(gauge: Gauge<'project'>, largestFirst: readonly [projectId: number, value: number][]): void {
  gauge.reset()
  for (const [project, value] of largestFirst.slice(0, PROJECTS_SHOWN)) gauge.set({ project }, value)
  const rest = largestFirst.slice(PROJECTS_SHOWN)
  if (rest.length > 0)
    gauge.set(
      { project: 'other' },
      rest.reduce((sum, [, value]) => sum + value, 0),
    )
}

function watchUsage(registry: Registry, { usage, clock }: Pick<Services, 'usage' | 'clock'>): void {
  const registers = [registry]
  const usedThisMonth = rememberSlowReads(() => usage.projects(monthOf(clock.now())))
  const latestTimes = rememberSlowReads(() => usage.times({ hours: HOURS }))
  new Gauge({
    name: 'yardmaster_compute_minutes',
    help: `Run time of this month (UTC) times cost factors, by project id; all but the ${PROJECTS_SHOWN} largest are "other".`,
    labelNames: ['project'] as const,
    registers,
    async collect() {
      const used = await usedThisMonth()
      setLargest(
        this,
        used.map(({ projectId, computeMinutes }) => [projectId, computeMinutes]),
      )
    },
  })
  const times = (name: string, help: string, of: (times: JobTimes) => Percentiles) =>
    new Gauge({
      name,
      help: `${help}, over the jobs that ended in the last ${HOURS} hours, by tag: the ${TAGS_SHOWN} most used, "untagged" and "all".`,
      labelNames: ['tag', 'quantile'] as const,
      registers,
      async collect() {
        this.reset()
        const { all, tags } = await latestTimes()
        const shown = [...(all ? [{ tag: 'all', times: all }] : []), ...tags.slice(0, TAGS_SHOWN).map(labelled)]
        for (const { tag, times } of shown) {
          const { p50, p90, p99 } = of(times)
          for (const [quantile, value] of Object.entries({ '0.5': p50, '0.9': p90, '0.99': p99 })) {
            if (value !== null) this.set({ tag, quantile }, value)
          }
        }
      },
    })
  times('yardmaster_job_queue_wait_seconds', 'From pending to claimed', ({ queueWait }) => queueWait)
  times('yardmaster_job_run_seconds', 'From claimed to the end', ({ runTime }) => runTime)
}

/** Renames tags that are called like the two series without a tag. */
function labelled(times: JobTimes): { tag: string; times: JobTimes } {
  const { tag } = times
  if (tag === null) return { tag: 'untagged', times }
  return { tag: tag === 'all' || tag === 'untagged' ? `tag ${tag}` : tag, times }
}
