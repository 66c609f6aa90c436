import type { Ports } from '@yardmaster/domain'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** How a job request ended: a job, none, none without a search, or a search cut short. */
export type JobRequestOutcome = 'found' | 'none' | 'cached' | 'conflict'

/** Labels must not grow with the number of projects: beyond these, the largest, the rest is one series. */
const PROJECTS_SHOWN = 100

const WAITS = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400]
const TIMES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

/** What `/metrics` shows (`interfaces.md` 3). */
export function openMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

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
    heldPolls: new Gauge({ name: 'yardmaster_held_polls', help: 'Job requests being held now.', registers }),
    followers: new Gauge({ name: 'yardmaster_trace_followers', help: 'Live views of a log now.', registers }),
    queueWait: new Histogram({
      name: 'yardmaster_queue_wait_seconds',
      help: 'From a job becoming pending to a runner taking it.',
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

/** Gauges that are read from the stores when somebody asks. */
export function watchStores(
  { registry }: Metrics,
  { jobs, runners, contacts, artifacts }: Pick<Ports, 'jobs' | 'runners' | 'contacts' | 'artifacts'>,
): void {
  new Gauge({
    name: 'yardmaster_jobs',
    help: 'Jobs, by status.',
    labelNames: ['status'] as const,
    registers: [registry],
    async collect() {
      this.reset()
      for (const [status, count] of Object.entries(await jobs.countByStatus())) this.set({ status }, count)
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
    name: 'yardmaster_stored_artifact_bytes',
    help: `Bytes of stored artifacts, by project id; all but the ${PROJECTS_SHOWN} largest projects are "other".`,
    labelNames: ['project'] as const,
    registers: [registry],
    async collect() {
      this.reset()
      const usage = (await artifacts.usage()).sort((a, b) => b.artifactBytes - a.artifactBytes)
      for (const { projectId, artifactBytes } of usage.slice(0, PROJECTS_SHOWN)) {
        this.set({ project: projectId }, artifactBytes)
      }
      const rest = usage.slice(PROJECTS_SHOWN)
      if (rest.length > 0)
        this.set(
          { project: 'other' },
          rest.reduce((sum, { artifactBytes }) => sum + artifactBytes, 0),
        )
    },
  })
}
