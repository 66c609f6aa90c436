import type { Site } from './form.ts'
import { type Query, withDatabase } from './stopped-database.ts'

/** How much there is besides what the rows are copied from. */
export const HISTORY = { jobs: 1_000_000, pipelines: 100_000, projects: 5_000, runners: 10_000 }

/** Jobs of different parts have different names. */
const PARTS = 1_000

/** The columns that the copies do not share with their original, as expressions; `n` counts the copies from 0. */
type Changes = Readonly<Record<string, string>>

const NEW_DIGEST = `encode(sha256(random()::text::bytea), 'hex')`

/**
 * Copies a finished job with its pipeline, project and runner many times. The gateway is stopped meanwhile, and has
 * another address afterwards.
 */
export async function fillHistory(site: Site, { jobId }: { readonly jobId: number }): Promise<void> {
  const { pipelines, projects, runners, jobs } = HISTORY
  await withDatabase(site, async (query) => {
    // Millions of checks of foreign keys and calls of triggers would take longer than everything else.
    await query('set session_replication_role = replica')
    const original = `(select * from jobs where id = ${jobId})`
    await copy(query, 'projects', `projects o, generate_series(0, ${projects - 1}) n`, {
      where: `o.id = (select project_id from ${original} j)`,
      changes: {
        path: `'history/project-' || n`,
        name: `'project ' || n`,
        registration_token_digest: NEW_DIGEST,
      },
    })
    await copy(query, 'runners', `runners o, generate_series(0, ${runners - 1}) n`, {
      where: `o.id = (select runner_id from ${original} j)`,
      changes: { token_digest: NEW_DIGEST, description: `'machine ' || n` },
    })
    const places = `(select id, row_number() over (order by id) - 1 as place from projects where path like 'history/%')`
    await copy(query, 'pipelines', `pipelines o, generate_series(0, ${pipelines - 1}) n, ${places} p`, {
      where: `o.id = (select pipeline_id from ${original} j) and p.place = n % ${projects}`,
      changes: {
        project_id: 'p.id',
        iid: `n / ${projects} + 1`,
        ref: `case when n % 3 = 0 then 'main' else 'branch-' || n % 1000 end`,
        sha: `left(encode(sha256(('commit ' || n)::bytea), 'hex'), 40)`,
        status: `case when n % 10 = 0 then 'failed' else 'success' end`,
      },
    })
    const families = `(select pl.* from pipelines pl join projects pr on pr.id = pl.project_id where pr.path like 'history/%')`
    const names = `(select 'step ' || n || ' of part ' || part as name,
                           case n % 3 when 0 then '{}'::text[] else array['linux', 'size-' || part % 100] end as tags, n, part
                      from generate_series(0, ${jobs / pipelines - 1}) n, generate_series(0, ${PARTS - 1}) part)`
    await query(`create temporary table named as select *, job_profile(name, tags) as profile from ${names} names`)
    await query('analyze named')
    await copy(query, 'jobs', `jobs o, ${families} p join named on named.part = p.id % ${PARTS}`, {
      where: `o.id = ${jobId}`,
      changes: {
        pipeline_id: 'p.id',
        project_id: 'p.project_id',
        name: 'named.name',
        tags: 'named.tags',
        profile_id: 'named.profile',
        // One in twenty failed, and those are never the untagged ones.
        status: `case when named.n = 1 and p.id % 2 = 0 then 'failed' else 'success' end`,
        runner_id: `(select min(id) from runners where description like 'machine %') + (p.id * 10 + named.n) % ${runners}`,
        token_digest: 'null',
      },
    })
    await query('set session_replication_role = default')
    await query('vacuum analyze')
  })
}

/** Inserts copies with all columns that the table has, of whatever version it is. */
async function copy(
  query: Query,
  table: string,
  from: string,
  { where, changes }: { readonly where: string; readonly changes: Changes },
): Promise<void> {
  const columns = await query<{ column_name: string }>(
    `select column_name from information_schema.columns
      where table_schema = current_schema() and table_name = $1 and is_identity = 'NO' and is_generated = 'NEVER'`,
    [table],
  )
  const names = columns.map(({ column_name }) => column_name)
  const values = names.map((name) => changes[name] ?? `o.${name}`)
  await query(`insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from ${from} where ${where}`)
}
