import type { JobDefinition } from '@yardmaster/ci-config'
import type { JobStatus } from '../jobs/job.ts'

/** The properties of a job that decide about the jobs waiting for it. */
export interface Predecessor {
  readonly status: JobStatus
  /** False while a failed job may still be retried. */
  readonly settled: boolean
  readonly allowFailure: boolean
}

/** What a job counts as, together with others. */
type Mapped = JobStatus | 'warning' | 'ignored'

/**
 * An allowed failure counts as passed with a warning; a manual job whose failure is allowed does not block later
 * stages.
 */
function mapped({ status, settled, allowFailure }: Predecessor): Mapped {
  // The coming retry will be pending.
  if (!settled) return 'pending'
  if (!allowFailure) return status
  if (status === 'failed' || status === 'canceled') return 'warning'
  return status === 'manual' ? 'ignored' : status
}

type Line = readonly [statuses: readonly Mapped[], result: JobStatus]

/** The first line that allows every status of the set wins. */
const ONLY: readonly Line[] = [
  [['skipped', 'ignored'], 'skipped'],
  [['success', 'skipped', 'warning', 'ignored'], 'success'],
  [['created', 'warning', 'ignored'], 'created'],
  [['preparing', 'warning', 'ignored'], 'preparing'],
  [['canceled', 'success', 'skipped', 'warning', 'ignored'], 'canceled'],
  [['pending', 'created', 'skipped', 'warning', 'ignored'], 'pending'],
]

/** After those, the first line wins that contains any status of the set. */
const ANY: readonly Line[] = [
  [['running', 'pending'], 'running'],
  [['waiting_for_resource'], 'waiting_for_resource'],
  [['manual'], 'manual'],
  [['scheduled'], 'scheduled'],
  [['preparing'], 'preparing'],
  [['created'], 'running'],
  [['canceling'], 'canceling'],
]

/** The lines of the composite status, for statements that combine many jobs in the database. */
export const COMPOSITE_LINES = { only: ONLY, any: ANY, otherwise: 'failed' } as const

/**
 * Returns the combined status of several jobs: of a stage, a pipeline or, with the strict rule, a job's needs.
 *
 * @param strict - a skipped job, or a manual one whose failure is allowed, makes the result `skipped`.
 * @returns null for no jobs, which counts as `success`.
 * @see `docs/pipelines.md 3`
 */
export function compositeStatus(jobs: readonly Predecessor[], { strict }: { strict: boolean }): JobStatus | null {
  const set = new Set(jobs.map(mapped))
  if (set.size === 0) return null
  if (strict && (set.has('skipped') || set.has('ignored'))) return 'skipped'
  const only = ONLY.find(([statuses]) => [...set].every((status) => statuses.includes(status)))
  const line = only ?? ANY.find(([statuses]) => statuses.some((status) => set.has(status)))
  return line?.[1] ?? COMPOSITE_LINES.otherwise
}

const COMPLETED: readonly JobStatus[] = ['success', 'failed', 'canceled', 'skipped']

export interface Waiting {
  /** Whether it waits for all jobs of earlier stages, and not for the jobs that it needs. */
  readonly byStage: boolean
}

/**
 * Returns the combined status of the jobs that one waits for, or null while it has to wait.
 *
 * @see `docs/pipelines.md 2, steps 1 and 2`
 */
export function outcomeBefore({ byStage }: Waiting, before: readonly Predecessor[]): JobStatus | null {
  const outcome = compositeStatus(before, { strict: !byStage }) ?? 'success'
  return COMPLETED.includes(outcome) ? outcome : null
}

/**
 * Returns whether a job starts after this outcome; otherwise it is skipped. No job starts after `canceled`.
 *
 * @see `docs/pipelines.md 2, step 3`
 */
export function fires(when: JobDefinition['when'], { byStage }: Waiting, outcome: JobStatus): boolean {
  if (when === 'always') return outcome !== 'canceled'
  if (when === 'on_failure') return outcome === 'failed'
  return outcome === 'success' || (byStage && outcome === 'skipped')
}
