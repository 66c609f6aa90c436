import type { JobLifeStore, OverdueJob } from '@yardmaster/domain'
import { removeArtifacts } from './artifacts.ts'
import { laneDigest } from './create-jobs.ts'
import type { Database } from './database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from './job-row.ts'
import { SERVES_BY_TYPE } from './scope.ts'

const WAITING = "('created', 'waiting_for_resource', 'preparing', 'pending', 'manual', 'scheduled')"

// The row in the queue is locked first, like everywhere: whoever takes the job at the same moment is waited for, and then
// the job waits no more.
const END_WAITING = {
  name: 'end-waiting-job',
  text: `
with dequeued as (
  delete from pending_jobs where job_id = $1 returning job_id
), ended as (
  update jobs
     set status = $2, failure_reason = $3, finished_at = now(), updated_at = now()
   where id = $1 and status in ${WAITING} and (select count(*) from dequeued) >= 0
  returning *
)
select ${JOB_COLUMNS} from ${jobView('ended')}`,
}

const BEGIN_CANCELING = {
  name: 'begin-canceling-job',
  text: `
with moved as (
  update jobs set status = 'canceling', updated_at = now() where id = $1 and status = 'running' returning *
)
select ${JOB_COLUMNS} from ${jobView('moved')}`,
}

const laneOf = (job: string): string => `
  insert into lanes (project_id, tags, tags_digest, protected)
  select project_id, $2, $3, protected from ${job}
  on conflict (project_id, tags_digest, protected) do update set tags = excluded.tags
  returning id`

const ENQUEUE = {
  name: 'enqueue-job',
  text: `
with moved as (
  update jobs set status = 'pending', queued_at = now(), updated_at = now()
   where id = $1 and status in ('manual', 'scheduled')
  returning *
), known as (
  select ${JOB_COLUMNS} from ${jobView('moved')}
), lane as (${laneOf('known')}
), queued as (
  insert into pending_jobs (job_id, lane_id) select known.id, lane.id from known, lane
)
select * from known`,
}

const RETRY = {
  name: 'retry-job',
  text: `
with old as materialized (
  select j.*, pl.protected
    from jobs j
    join pipelines pl on pl.id = j.pipeline_id
   where j.id = $1 and j.status in ('success', 'failed', 'canceled') and j.retried_by is null
     for update of j
), lane as (${laneOf('old')}
), made as (
  insert into jobs (pipeline_id, project_id, name, stage, status, tags, required_features, dependencies, allow_failure,
      allow_failure_exit_codes, timeout, queued_at, retry_of)
  select pipeline_id, project_id, name, stage, 'pending', tags, required_features, dependencies, $4,
      allow_failure_exit_codes, $5, now(), id
    from old
  returning id
), copied as (
  insert into job_secrets (job_id, definition)
  select made.id, s.definition from made, job_secrets s where s.job_id = $1
), queued as (
  insert into pending_jobs (job_id, lane_id) select made.id, lane.id from made, lane
), linked as (
  update jobs j set retried_by = made.id, retry_decided = true, updated_at = now() from made where j.id = $1
)
select id from made`,
}

/** Executing jobs that have been silent or running too long. Time in which nobody listened ($5 is later) counts as none. */
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
     where status in ('running', 'canceling')
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
 where q.queued_at < now() - $1 * interval '1 second'
    or q.lane_id in (select id from abandoned) and greatest(q.queued_at, $3) < now() - $2 * interval '1 second'
 order by q.job_id
 limit $4`,
}

// Log and artifacts go in one step with the mark. The log's objects are litter from then on, and removed when an empty
// log is sealed.
const ERASE = {
  name: 'erase-job',
  text: `
with erased as (
  update jobs j
     set erased_at = now(), artifacts_expire_at = null, trace_size = 0, trace_crc = null, trace_sealed = false,
         updated_at = now()
   where id = $1 and status in ('success', 'failed', 'canceled') and erased_at is null
     and (trace_size > 0 or exists (select from artifacts a where a.job_id = j.id))
  returning *
), log as (
  delete from trace_pieces t using erased where t.job_id = erased.id
)
select ${JOB_COLUMNS} from ${jobView('erased')}`,
}

/** What becomes of jobs beside being taken and reported on: `JobStore` is made of this and the rest. */
export function jobLifeStore(db: Database): JobLifeStore {
  const one = async (rows: Promise<JobRow[]>) => {
    const [row] = await rows
    return row ? toJob(row) : null
  }

  return {
    cancelWaiting: (id) => one(db.query<JobRow>(END_WAITING, [id, 'canceled', null])),
    dropWaiting: (id, reason) => one(db.query<JobRow>(END_WAITING, [id, 'failed', reason])),
    beginCanceling: (id) => one(db.query<JobRow>(BEGIN_CANCELING, [id])),
    enqueue: (id, tags) => one(db.query<JobRow>(ENQUEUE, [id, ...lane(tags)])),

    async retry(id, { tags, allowFailure, timeout }) {
      const [row] = await db.query<{ id: number }>(RETRY, [id, ...lane(tags), allowFailure, timeout])
      return row?.id ?? null
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

    async retryUndecided(limit) {
      const rows = await db.query<{ id: number }>(
        "select id from jobs where status = 'failed' and not retry_decided order by id limit $1",
        [limit],
      )
      return rows.map(({ id }) => id)
    },

    erase(id) {
      return db.transaction(async (tx) => {
        const [row] = await tx.query<JobRow>(ERASE, [id])
        if (!row) return null
        await removeArtifacts(tx, id)
        return toJob(row)
      })
    },

    async overdue({ timeLimitGraceSeconds, acceptSeconds, silenceSeconds, since }, limit) {
      const rows = await db.query<{
        id: number
        status: 'running' | 'canceling'
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

    stuck: ({ pendingSeconds, stuckSeconds, since }, limit) =>
      db.query<{ id: number; abandoned: boolean }>(STUCK, [pendingSeconds, stuckSeconds, since, limit]),

    async delayed(limit) {
      const rows = await db.query<{ id: number; late_seconds: number }>(
        `select id, extract(epoch from now() - start_at)::float8 as late_seconds
           from jobs where status = 'scheduled' and start_at <= now() order by start_at limit $1`,
        [limit],
      )
      return rows.map(({ id, late_seconds }) => ({ id, lateSeconds: late_seconds }))
    },
  }
}

const lane = (tags: readonly string[]): [string[], string] => {
  const sorted = [...new Set(tags)].sort()
  return [sorted, laneDigest(sorted)]
}
