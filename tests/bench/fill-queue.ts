import type { Site } from './form.ts'
import { withDatabase } from './stopped-database.ts'

/** Each pipeline has one job to begin with: a definition is encrypted for its pipeline. */
const COPY = `
with original as (
  select * from jobs where id = any ($1::integer[])
), copied as (
  insert into jobs (pipeline_id, project_id, name, stage, status, tags, required_features, dependencies, allow_failure,
      allow_failure_exit_codes, timeout, queued_at)
  select pipeline_id, project_id, name, stage, status, tags, required_features, dependencies, allow_failure,
      allow_failure_exit_codes, timeout, queued_at
    from original, generate_series(1, $2)
  returning id, pipeline_id
), sealed as (
  insert into job_secrets (job_id, definition)
  select copied.id, s.definition
    from copied join original o using (pipeline_id) join job_secrets s on s.job_id = o.id
)
insert into pending_jobs (job_id, lane_id, queued_at)
select copied.id, q.lane_id, q.queued_at
  from copied join original o using (pipeline_id) join pending_jobs q on q.job_id = o.id`

/**
 * Copies pending jobs, each of another pipeline, many times. The gateway is stopped meanwhile, and has another address
 * afterwards.
 */
export async function fillQueue(site: Site, ids: readonly number[], copies: number): Promise<void> {
  await withDatabase(site, async (query) => {
    await query(COPY, [ids, copies])
    await query('analyze')
  })
}
