import type { Site } from './form.ts'
import { withDatabase } from './stopped-database.ts'

const COPY = (id: number, copies: number) => `
with copied as (
  insert into jobs (pipeline_id, project_id, name, stage, status, tags, required_features, dependencies, allow_failure,
      allow_failure_exit_codes, timeout, queued_at)
  select pipeline_id, project_id, name, stage, status, tags, required_features, dependencies, allow_failure,
      allow_failure_exit_codes, timeout, queued_at
    from jobs, generate_series(1, ${copies})
   where id = ${id}
  returning id
), sealed as (
  insert into job_secrets (job_id, definition)
  select copied.id, definition from copied, job_secrets where job_id = ${id}
)
insert into pending_jobs (job_id, lane_id, queued_at)
select copied.id, lane_id, queued_at from copied, pending_jobs where job_id = ${id}`

/** Copies pending jobs many times. The gateway is stopped meanwhile, and has another address afterwards. */
export async function fillQueue(site: Site, ids: readonly number[], copies: number): Promise<void> {
  await withDatabase(site, async (query) => {
    await query([...ids.map((id) => COPY(id, copies)), 'analyze'].join(';\n'))
  })
}
