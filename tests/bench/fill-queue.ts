import { PGlite } from '@electric-sql/pglite'
import { Client } from 'pg'
import type { Site } from './form.ts'

// The only place in these tests that uses tables: a hundred thousand requests would take longer than everything else.
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
  const script = [...ids.map((id) => COPY(id, copies)), 'analyze'].join(';\n')
  await site.whileStopped(async () => {
    if (site.databaseUrl === undefined) {
      const pglite = await PGlite.create({ dataDir: `${site.dataDir}/database` })
      await pglite.exec(script)
      await pglite.close()
      return
    }
    const client = new Client({ connectionString: site.databaseUrl })
    await client.connect()
    await client.query(script)
    await client.end()
  })
}
