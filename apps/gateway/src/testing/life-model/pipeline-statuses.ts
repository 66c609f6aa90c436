import type { JobStatus } from '@yardmaster/domain/jobs'
import type { World } from './world.ts'

interface PipelineOfJobs {
  readonly id: number
  readonly status: JobStatus
  /** The latest attempts. */
  readonly jobs: readonly { readonly status: JobStatus; readonly optional: boolean; readonly retries: boolean }[]
}

/** Returns pipelines whose stored status does not follow from their jobs. */
export async function wrongPipelines({ database: { db } }: World): Promise<string[]> {
  const pipelines = await db.query<PipelineOfJobs>(
    `select pl.id, pl.status, jsonb_agg(jsonb_build_object('status', j.status, 'optional', j.allow_failure,
              'retries', j.status = 'failed' and not j.retry_decided)) as jobs
       from pipelines pl join jobs j on j.pipeline_id = pl.id and j.retried_by is null
      where pl.deleted_at is null
      group by pl.id`,
  )
  return pipelines.flatMap(({ id, status, jobs }) => {
    const expected = statusesOf(jobs)
    if (expected === null || expected.includes(status)) return []
    const are = jobs.map((job) => `${job.status}${job.optional ? '!' : ''}${job.retries ? ' (retries)' : ''}`)
    return [`pipeline ${id} is ${status} and not ${expected.join(' or ')}; its jobs are ${are.join(', ')}`]
  })
}

/**
 * Returns the statuses that a pipeline of these jobs may have; null means any, because a pipeline keeps an older status
 * when none of its jobs has begun. Written from the language's rules and not from the code that it checks.
 *
 * @see `docs/pipelines.md 3`
 */
function statusesOf(jobs: PipelineOfJobs['jobs']): readonly JobStatus[] | null {
  const kinds = new Set(jobs.map(kindOf))
  const has = (...some: string[]) => some.some((kind) => kinds.has(kind))
  const hasOnly = (...some: string[]) => [...kinds].every((kind) => some.includes(kind))
  if (hasOnly('skipped', 'ignored')) return ['skipped']
  if (hasOnly('success', 'skipped', 'warning', 'ignored')) return ['success']
  if (hasOnly('created', 'warning', 'ignored')) return null
  if (hasOnly('canceled', 'success', 'skipped', 'warning', 'ignored')) return ['canceled']
  // A pipeline that has begun does not fall back to `pending`.
  if (hasOnly('pending', 'created', 'skipped', 'warning', 'ignored')) return ['pending', 'running']
  if (has('running', 'pending')) return ['running']
  for (const kind of ['waiting_for_resource', 'manual', 'scheduled'] as const) if (has(kind)) return [kind]
  if (has('created')) return ['running']
  return has('canceling') ? ['canceling'] : ['failed']
}

function kindOf({ status, optional, retries }: PipelineOfJobs['jobs'][number]): string {
  if (retries) return 'pending'
  if (optional && (status === 'failed' || status === 'canceled')) return 'warning'
  return optional && status === 'manual' ? 'ignored' : status
}
