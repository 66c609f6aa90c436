import type { JobStateStore, OverdueJob, UnfinishedJob } from '@yardmaster/domain/ports'
import type { Database } from '../database.ts'
import { IS } from '../job-statuses.ts'
import { SERVES_BY_TYPE } from '../scope.ts'

/**
 * Executing jobs that were silent or ran for too long. Time before this process began to listen ($5) does not count.
 */
const OVERDUE = {
  name: 'overdue-jobs',
  text: `
select id, status, last_signal_at, reason
  from (
    select id, status, last_signal_at,
           case when greatest(started_at + timeout * interval '1 second', $5) < now() - $1 * interval '1 second'
                  then 'time_limit'
                when last_signal_at is null and greatest(started_at, $5) < now() - $2 * interval '1 second'
                  then 'not_accepted'
                when greatest(coalesce(last_signal_at, started_at), $5) < now() - $3 * interval '1 second'
                  then 'silent' end as reason
      from jobs
     where status in ${IS.executing} and kind = 'build'
  ) executing
 where reason is not null
 order by id
 limit $4`,
}

const STUCK = {
  name: 'stuck-jobs',
  text: `
with abandoned as materialized (
  select l.id
    from lanes l
   cross join lateral (select * from projects where id = l.project_id offset 0) p
   where exists (select from pending_jobs q
                  where q.lane_id = l.id and greatest(q.queued_at, $3) < now() - $2 * interval '1 second')
     and not exists (
       select from runners r
        where not r.paused
          and r.contacted_at > now() - interval '2 hours'
          and (r.token_expires_at is null or r.token_expires_at > now())
          and l.tags <@ r.tags and (r.run_untagged or l.tags <> '{}')
          and (l.protected or r.access_level = 'not_protected')
          and ${SERVES_BY_TYPE})
)
select q.job_id as id, q.lane_id in (select id from abandoned) as abandoned
  from pending_jobs q
 where q.queued_at < now() - $1 * interval '1 second' and $3 < now() - least($1, $2) * interval '1 second'
    or q.lane_id in (select id from abandoned) and greatest(q.queued_at, $3) < now() - $2 * interval '1 second'
 order by q.job_id
 limit $4`,
}

const UNRECEIVED = {
  name: 'unreceived-jobs',
  text: `
select j.id
  from jobs j
  join runner_managers m on m.id = j.manager_id
 where j.status in ${IS.executing} and j.answered_hold and j.last_signal_at is null
   and m.asked_at > greatest(j.started_at, $1) + $2 * interval '1 second'
 order by j.id
 limit $3`,
}

/** Finds jobs whose time limit is over, or whose start is due. */
export function limitStore(
  db: Database,
): Pick<JobStateStore, 'overdue' | 'unreceived' | 'stuck' | 'unfinishedOf' | 'delayed' | 'databaseTime'> {
  return {
    async overdue({ timeLimitGraceSeconds, acceptSeconds, silenceSeconds, since }, limit) {
      const rows = await db.query<{
        id: number
        status: OverdueJob['status']
        last_signal_at: Date | null
        reason: OverdueJob['reason']
      }>(OVERDUE, [timeLimitGraceSeconds, acceptSeconds, silenceSeconds, limit, since])
      return rows.map(({ id, status, last_signal_at, reason }) => ({
        id,
        status,
        reason,
        lastSignalAt: last_signal_at,
      }))
    },

    async unreceived({ askedAfterSeconds, since }, limit) {
      const rows = await db.query<{ id: number }>(UNRECEIVED, [since, askedAfterSeconds, limit])
      return rows.map(({ id }) => id)
    },

    stuck: ({ pendingSeconds, stuckSeconds, since }, limit) =>
      db.query<{ id: number; abandoned: boolean }>(STUCK, [pendingSeconds, stuckSeconds, since, limit]),

    unfinishedOf: (projectId, limit) =>
      db.query<UnfinishedJob>(
        `select id, status from jobs
          where project_id = $1 and status not in ${IS.finished}
          order by status not in ${IS.executing}, id limit $2`,
        [projectId, limit],
      ),

    async databaseTime() {
      const [row] = await db.query<{ now: Date }>('select clock_timestamp() as now')
      if (!row) throw new Error('no time')
      return row.now
    },

    async delayed(limit) {
      const rows = await db.query<{ id: number; late_seconds: number }>(
        `select id, extract(epoch from now() - start_at)::float8 as late_seconds
           from jobs j
          where status = 'scheduled' and start_at <= now()
            and exists (select from projects p where p.id = j.project_id and p.deleted_at is null)
          order by start_at limit $1`,
        [limit],
      )
      return rows.map(({ id, late_seconds }) => ({ id, lateSeconds: late_seconds }))
    },
  }
}
