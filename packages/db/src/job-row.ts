import { isFinished, type Job } from '@yardmaster/domain/jobs'
import { SHOWN_COLUMNS, type ShownColumn, type ShownRow, shownFields } from './job-columns.ts'

/** A job's row with columns of its pipeline and its project. */
export type JobRow = ShownRow &
  Pick<Job, 'ref' | 'tag' | 'sha' | 'protected'> & {
    readonly project_path: string
    readonly trace_crc: number | null
  }

/** Ids that become meaningless once the runner is removed. */
const WHILE_THERE: { readonly [Name in ShownColumn]?: string } = {
  runner_id: '(select r.id from runners r where r.id = j.runner_id) as runner_id',
  manager_id: '(select m.id from runner_managers m where m.id = j.manager_id) as manager_id',
}

/** The columns of a `JobRow`, to be selected from `jobView(…)`. */
export const JOB_COLUMNS = `${SHOWN_COLUMNS.map((name) => WHILE_THERE[name] ?? `j.${name}`).join(', ')},
  j.trace_crc, p.path as project_path, pl.ref, pl.tag, pl.sha, pl.protected`

/**
 * Joins a job with its pipeline and project; `jobs` may be the rows that an update has just returned. `offset 0` forces
 * lookups by key: a plan made while these tables were small would otherwise keep reading them whole.
 */
export const jobView = (jobs = 'jobs'): string => `
  ${jobs} j
  cross join lateral (select * from pipelines where id = j.pipeline_id offset 0) pl
  cross join lateral (select * from projects where id = j.project_id offset 0) p`

export const toJob = (row: JobRow): Job => ({
  ...shownFields(row),
  projectPath: row.project_path,
  ref: row.ref,
  tag: row.tag,
  sha: row.sha,
  protected: row.protected,
  traceChecksum: checksum(row),
})

const checksum = ({ status, trace_crc }: JobRow): string | null =>
  trace_crc === null || !isFinished(status) ? null : `crc32:${trace_crc.toString(16).padStart(8, '0')}`

/** Maps the rows of a statement that returns at most one job. */
export async function toOneJob(rows: Promise<JobRow[]>): Promise<Job | null> {
  const [row] = await rows
  return row ? toJob(row) : null
}
