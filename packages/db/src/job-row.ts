import { isFinished, type Job } from '@yardmaster/domain'

export interface JobRow {
  id: number
  name: string
  stage: string
  status: Job['status']
  pipeline_id: number
  project_id: number
  project_path: string
  ref: string
  tag: boolean
  sha: string | null
  protected: boolean
  tags: string[]
  runner_id: number | null
  manager_id: number | null
  failure_reason: string | null
  exit_code: number | null
  allow_failure: boolean
  timeout: number | null
  timeout_source: Job['timeoutSource']
  debug_trace: boolean
  created_at: Date
  start_at: Date | null
  queued_at: Date | null
  started_at: Date | null
  finished_at: Date | null
  erased_at: Date | null
  updated_at: Date
  artifacts_expire_at: Date | null
  trace_size: number
  trace_crc: number | null
  trace_invalid: boolean
  trace_corrupted: boolean
  retried_by: number | null
  retry_of: number | null
  dependencies: number[]
  resource_group: string | null
}

/** Columns of a `JobRow`, to be selected from `jobView(…)`. */
export const JOB_COLUMNS = `j.id, j.name, j.stage, j.status, j.pipeline_id, j.project_id, p.path as project_path,
  pl.ref, pl.tag, pl.sha, pl.protected, j.tags,
  (select r.id from runners r where r.id = j.runner_id) as runner_id,
  (select m.id from runner_managers m where m.id = j.manager_id) as manager_id,
  j.failure_reason, j.exit_code, j.allow_failure, j.timeout, j.timeout_source, j.debug_trace, j.created_at, j.start_at, j.queued_at,
  j.started_at, j.finished_at, j.erased_at, j.updated_at, j.artifacts_expire_at, j.trace_size, j.trace_crc,
  j.trace_invalid, j.trace_corrupted, j.retried_by, j.retry_of, j.dependencies, j.resource_group`

/**
 * A job with its pipeline and project; `jobs` may be the rows an update of the table just returned. `offset 0` makes them
 * lookups by key for good: joined freely, a plan made while these tables were small would go on reading them whole.
 */
export const jobView = (jobs = 'jobs'): string => `
  ${jobs} j
  cross join lateral (select * from pipelines where id = j.pipeline_id offset 0) pl
  cross join lateral (select * from projects where id = j.project_id offset 0) p`

export const toJob = (row: JobRow): Job => ({
  id: row.id,
  name: row.name,
  stage: row.stage,
  status: row.status,
  pipelineId: row.pipeline_id,
  projectId: row.project_id,
  projectPath: row.project_path,
  ref: row.ref,
  tag: row.tag,
  sha: row.sha,
  protected: row.protected,
  tags: row.tags,
  runnerId: row.runner_id,
  managerId: row.manager_id,
  failureReason: row.failure_reason,
  exitCode: row.exit_code,
  allowFailure: row.allow_failure,
  timeout: row.timeout,
  timeoutSource: row.timeout_source,
  debugTrace: row.debug_trace,
  createdAt: row.created_at,
  scheduledAt: row.start_at,
  queuedAt: row.queued_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  erasedAt: row.erased_at,
  updatedAt: row.updated_at,
  artifactsExpireAt: row.artifacts_expire_at,
  traceSize: row.trace_size,
  traceChecksum: checksum(row),
  traceInvalid: row.trace_invalid,
  traceCorrupted: row.trace_corrupted,
  retriedBy: row.retried_by,
  retryOf: row.retry_of,
  dependencies: row.dependencies,
  resourceGroup: row.resource_group,
})

const checksum = ({ status, trace_crc }: JobRow): string | null =>
  trace_crc === null || !isFinished(status) ? null : `crc32:${trace_crc.toString(16).padStart(8, '0')}`

/** Of a statement that returns one job, or none. */
export async function toOneJob(rows: Promise<JobRow[]>): Promise<Job | null> {
  const [row] = await rows
  return row ? toJob(row) : null
}
