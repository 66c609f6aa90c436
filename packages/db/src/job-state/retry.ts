import type { JobStateStore } from '@yardmaster/domain/ports'
import type { Database } from '../database.ts'
import { insertRetry } from '../job-columns.ts'
import { IS, statusAfter } from '../job-statuses.ts'
import { laneOf, laneParameters } from '../lanes.ts'
import { HOLD_FOLLOWERS, REVIVE_SKIPPED } from './followers.ts'
import { holdFamily, reopenTriggers } from './triggers.ts'
import { fromJobsAhead } from './turns.ts'

const UNRETRIED = `status in ${IS.retryable} and retried_by is null`

// Retries in a pipeline run one at a time, so that each sees the result of the one before.
const BEGIN_RETRY = {
  name: 'begin-retry',
  text: `
update pipelines
   set retries = retries + 1
 where id = (select pipeline_id from jobs where id = $1 and ${UNRETRIED})
   and deleted_at is null
returning id`,
}

/**
 * Replaces ids that the job `old` has by their latest attempts; in another pipeline only by a finished one, because no job waits for
 * those.
 */
export const latestAttempts = (ids: string): string => `
  array(
    select coalesce(
             (select latest.id
                from jobs named
                join jobs latest on latest.pipeline_id = named.pipeline_id and latest.name = named.name
               where named.id = given.id and latest.retried_by is null
                 and (named.pipeline_id = old.pipeline_id or latest.status in ${IS.finished})),
             given.id)
      from unnest(${ids}) with ordinality as given (id, n)
     order by n)`

// As any other job, it is queued if it gets its resource and no job is ahead of it; otherwise it waits for it.
const RETRY = {
  name: 'retry-job',
  text: `
with old as materialized (
  select j.*, pl.protected, nextval('jobs_id_seq')::integer as new_id
    from (select * from jobs where id = $1 and ${UNRETRIED} for update) j
    join pipelines pl on pl.id = j.pipeline_id
   cross join lateral (select from projects where id = j.project_id and deleted_at is null for share) p
), taken as (
  insert into resources (project_id, name, job_id)
  select project_id, resource_group, new_id from old
   where resource_group is not null and not exists (select ${fromJobsAhead('old')})
  on conflict (project_id, name) do nothing
  returning job_id
), ready as materialized (
  select * from old where resource_group is null or exists (select from taken)
), lane as (${laneOf("ready where kind = 'build'")}
), made as (
  insert into jobs ${insertRetry({
    id: 'new_id',
    status: `case when exists (select from ready) then ${statusAfter('retry', 'pending')}
                 else ${statusAfter('retry', 'waiting_for_resource')} end`,
    dependencies: latestAttempts('dependencies'),
    waits_for: latestAttempts('waits_for'),
    allow_failure: '$4',
    timeout: '$5',
    queued_at: 'case when exists (select from ready) then now() end',
    retry_of: 'id',
  })}
    from old
  returning id
), copied as (
  insert into job_secrets (job_id, definition, version)
  select made.id, s.definition, s.version from made, job_secrets s where s.job_id = $1
), queued as (
  insert into pending_jobs (job_id, lane_id, version)
  select made.id, lane.id, s.version from made, lane, job_secrets s where s.job_id = $1
), linked as (
  update jobs j set retried_by = made.id, retry_decided = true, updated_at = now() from made where j.id = $1
), followers as (
  update jobs j
     set waits_for = array_replace(j.waits_for, $1, made.id),
         dependencies = array_replace(j.dependencies, $1, made.id),
         updated_at = now()
    from made, old
   where j.pipeline_id = old.pipeline_id and j.id <> $1 and j.retried_by is null
     and ($1 = any (j.waits_for) or $1 = any (j.dependencies)) and j.status in ${IS.waitingOrSkipped}
)
select id from made`,
}

/** Reads and creates attempts and their successors. */
export function retryStore(
  db: Database,
): Pick<JobStateStore, 'retry' | 'earlierAttempts' | 'decideNoRetry' | 'retryUndecided'> {
  return {
    retry(id, { tags, allowFailure, timeout }) {
      return db.transaction(async (tx) => {
        await holdFamily(tx, { jobId: id })
        const [pipeline] = await tx.query<{ id: number }>(BEGIN_RETRY, [id])
        if (!pipeline) return null
        await tx.query(HOLD_FOLLOWERS, [id])
        const [row] = await tx.query<{ id: number }>(RETRY, [id, ...laneParameters(tags), allowFailure, timeout])
        if (!row) return null
        await tx.query(REVIVE_SKIPPED, [row.id])
        await reopenTriggers(tx, pipeline.id)
        return row.id
      })
    },

    async earlierAttempts(id) {
      const [row] = await db.query<{ earlier: number }>(
        `select count(*)::int as earlier
           from jobs j join jobs other on other.pipeline_id = j.pipeline_id and other.name = j.name and other.id < j.id
          where j.id = $1`,
        [id],
      )
      return row?.earlier ?? 0
    },

    async decideNoRetry(id) {
      await db.query("update jobs set retry_decided = true where id = $1 and status = 'failed'", [id])
    },

    async retryUndecided(after, limit) {
      const rows = await db.query<{ id: number }>(
        "select id from jobs where status = 'failed' and not retry_decided and id > $1 order by id limit $2",
        [after, limit],
      )
      return rows.map(({ id }) => id)
    },
  }
}
