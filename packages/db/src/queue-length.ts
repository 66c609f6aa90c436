import type { QueueLength } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'
import { SERVES_BY_TYPE } from './scope.ts'

/** Jobs that were created first: among them is the one that waits longest, unless very many wait. */
const LENGTH = {
  name: 'queue-length',
  text: `
select count(*)::int as jobs, min(queued_at) as "oldestAt"
  from (select queued_at from pending_jobs order by job_id limit $1) waiting`,
}

/** Returns how many jobs wait for a runner, and since when the one does that waits longest; reads up to `limit`. */
export async function queueLength(db: Database, limit: number): Promise<QueueLength> {
  const [row] = await db.query<QueueLength>(LENGTH, [limit])
  return row ?? { jobs: 0, oldestAt: null }
}

// Runners that are alike are looked at once: there may be hundreds of them, and thousands of lanes.
const AHEAD = {
  name: 'jobs-ahead-in-queue',
  text: `
with asking as materialized (
  select distinct on (runner_type, group_id, tags, run_untagged, access_level,
                      case when runner_type = 'project_type' then id end)
         id, runner_type, group_id, tags, run_untagged, access_level
    from runners where id = any ($2::integer[])
), shared as materialized (
  select l.id
    from lanes l
    join projects p on p.id = l.project_id
   where exists (select from asking r
                  where l.tags <@ r.tags
                    and (r.run_untagged or l.tags <> '{}')
                    and (r.access_level = 'not_protected' or l.protected)
                    and ${SERVES_BY_TYPE})
)
select count(*)::int as jobs
  from (select
          from shared
         cross join lateral (
           select from pending_jobs q where q.lane_id = shared.id and q.job_id < $1 order by q.job_id limit $3
         ) earlier
         limit $3) found`,
}

/** Returns how many waiting jobs that one of these runners may take were created before a job; counts up to `limit`. */
export async function countAhead(
  db: Database,
  id: number,
  runnerIds: readonly number[],
  limit: number,
): Promise<number> {
  const [row] = await db.query<{ jobs: number }>(AHEAD, [id, runnerIds, limit])
  return row?.jobs ?? 0
}
