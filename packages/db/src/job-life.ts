import type { HoldingUp, JobLifeStore, JobStatus, OverdueJob } from '@yardmaster/domain'
import { removeArtifacts } from './artifacts.ts'
import { laneDigest } from './create-jobs.ts'
import type { Database } from './database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from './job-row.ts'
import { SERVES_BY_TYPE } from './scope.ts'

const WAITING = "('created', 'waiting_for_resource', 'preparing', 'pending', 'manual', 'scheduled')"

// The row in the queue is locked first, like everywhere: whoever takes the job at the same moment is waited for, and then
// the job waits no more. Whoever has just put it there is waited for too: then it is pending, but its row was not seen, and
// has to be asked for again.
const END_WAITING = {
  name: 'end-waiting-job',
  text: `
with dequeued as (
  delete from pending_jobs where job_id = $1 returning job_id
), ended as (
  update jobs
     set status = $2, failure_reason = $3, finished_at = now(), updated_at = now()
   where id = $1 and status in ${WAITING}
     and (select count(*) from dequeued) >= case when status = 'pending' then 1 else 0 end
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

/** A share of the pipeline's row: nobody tries a job of it again meanwhile, nor has since `retries` was read. */
const unretried = (retries: string): string => `
  select id from pipelines where id = (select pipeline_id from jobs where id = $1) and retries = ${retries} for share`

// A job with a resource group is queued with the resource in its hands, or waits for it.
const ENQUEUE = {
  name: 'enqueue-job',
  text: `
with pipeline as materialized (${unretried('$5::integer')}
), asking as materialized (
  select id, project_id, resource_group
    from jobs
   where id = $1 and status = any ($4) and ($5 is null or exists (select from pipeline))
     for update
), taken as (
  insert into resources (project_id, name, job_id)
  select project_id, resource_group, id from asking where resource_group is not null
  on conflict (project_id, name) do nothing
  returning job_id
), moved as (
  update jobs j
     set status = case when resourceless or exists (select from taken) then 'pending' else 'waiting_for_resource' end,
         queued_at = case when resourceless or exists (select from taken) then now() end,
         updated_at = now()
    from (select id, resource_group is null as resourceless from asking) asking
   where j.id = asking.id
  returning j.*
), known as (
  select ${JOB_COLUMNS} from ${jobView('moved')}
), lane as (${laneOf("known where status = 'pending'")}
), queued as (
  insert into pending_jobs (job_id, lane_id) select known.id, lane.id from known, lane
)
select * from known`,
}

/** Gives a resource up; whoever waited longest for it is next. */
const RELEASE = `
with released as (
  delete from resources where job_id = $1 returning project_id, name
)
select j.id
  from released r
 cross join lateral (
   select id from jobs
    where project_id = r.project_id and resource_group = r.name and status = 'waiting_for_resource'
    order by id
    limit 1
 ) j`

/** Jobs that wait for a resource that is free, and resources in the hands of jobs that are over: left by a crash. */
const FORGOTTEN_RESOURCES = `
select r.job_id as id, true as holds
  from resources r join jobs j on j.id = r.job_id
 where j.status in ('success', 'failed', 'canceled', 'skipped')
union all
select id, false
  from (select distinct on (project_id, resource_group) id, project_id, resource_group
          from jobs where status = 'waiting_for_resource' order by project_id, resource_group, id) first
 where not exists (select from resources r where r.project_id = first.project_id and r.name = first.resource_group)
 limit $1`

const PIPELINE_STATE = {
  name: 'pipeline-state',
  text: `
select pl.retries, j.id, j.status, j.allow_failure, j.waits_for, j.by_stage,
       j.status <> 'failed' or j.retry_decided as settled
  from pipelines pl
  join jobs j on j.pipeline_id = pl.id
 where pl.id = $1 and j.retried_by is null
   and exists (select from jobs c where c.pipeline_id = $1 and c.status = 'created')
 order by j.id`,
}

const HELD_UP_BY = {
  name: 'job-held-up-by',
  text: `
select b.id, b.name, b.status
  from jobs j
  join jobs b on b.id = any (j.waits_for)
 where j.id = $1 and j.status = 'created' and b.retried_by is null
   and not (b.status in ('success', 'canceled', 'skipped')
     or b.status = 'failed' and b.retry_decided
     or b.status = 'manual' and b.allow_failure)
union all
select b.id, b.name, b.status
  from jobs j
  join resources r on r.project_id = j.project_id and r.name = j.resource_group
  join jobs b on b.id = r.job_id
 where j.id = $1 and j.status = 'waiting_for_resource'
 order by id
 limit 100`,
}

const SET_CREATED = {
  name: 'set-created-job',
  text: `
with pipeline as materialized (${unretried('$4')}
)
update jobs
   set status = $2, start_at = now() + $3 * interval '1 second',
       finished_at = case when $2 = 'skipped' then now() end, updated_at = now()
 where id = $1 and status = 'created' and exists (select from pipeline)
returning id`,
}

const WAITING_OR_SKIPPED =
  "('created', 'waiting_for_resource', 'preparing', 'pending', 'manual', 'scheduled', 'skipped')"
const FINISHED_ONCE = "status in ('success', 'failed', 'canceled') and retried_by is null"

// One retry of a pipeline at a time, each seeing what the one before made.
const BEGIN_RETRY = {
  name: 'begin-retry',
  text: `
update pipelines
   set retries = retries + 1
 where id = (select pipeline_id from jobs where id = $1 and ${FINISHED_ONCE})
returning id`,
}

// Before the lane, like whoever queues one of them.
const HOLD_FOLLOWERS = {
  name: 'hold-followers',
  text: `
select id from jobs
 where pipeline_id = (select pipeline_id from jobs where id = $1) and status in ${WAITING_OR_SKIPPED}
 order by id
   for update`,
}

/** Ids of jobs, those of the same pipeline replaced by their latest attempts. */
const latestAttempts = (ids: string): string => `
  array(
    select coalesce(
             (select latest.id
                from jobs named
                join jobs latest on latest.pipeline_id = named.pipeline_id and latest.name = named.name
               where named.id = given.id and named.pipeline_id = old.pipeline_id and latest.retried_by is null),
             given.id)
      from unnest(${ids}) with ordinality as given (id, n)
     order by n)`

// Like any other it is queued with its resource in its hands, or waits for it.
const RETRY = {
  name: 'retry-job',
  text: `
with old as materialized (
  select j.*, pl.protected, nextval('jobs_id_seq')::integer as new_id
    from (select * from jobs where id = $1 and ${FINISHED_ONCE} for update) j
    join pipelines pl on pl.id = j.pipeline_id
), taken as (
  insert into resources (project_id, name, job_id)
  select project_id, resource_group, new_id from old where resource_group is not null
  on conflict (project_id, name) do nothing
  returning job_id
), ready as materialized (
  select * from old where resource_group is null or exists (select from taken)
), lane as (${laneOf('ready')}
), made as (
  insert into jobs (id, pipeline_id, project_id, name, stage, status, tags, required_features, dependencies,
      allow_failure, allow_failure_exit_codes, timeout, queued_at, waits_for, by_stage, resource_group, retry_of)
  overriding system value
  select new_id, pipeline_id, project_id, name, stage,
      case when exists (select from ready) then 'pending' else 'waiting_for_resource' end, tags, required_features,
      ${latestAttempts('dependencies')}, $4, allow_failure_exit_codes, $5,
      case when exists (select from ready) then now() end, ${latestAttempts('waits_for')}, by_stage, resource_group, id
    from old
  returning id
), copied as (
  insert into job_secrets (job_id, definition)
  select made.id, s.definition from made, job_secrets s where s.job_id = $1
), queued as (
  insert into pending_jobs (job_id, lane_id) select made.id, lane.id from made, lane
), linked as (
  update jobs j set retried_by = made.id, retry_decided = true, updated_at = now() from made where j.id = $1
), followers as (
  update jobs j
     set waits_for = array_replace(j.waits_for, $1, made.id),
         dependencies = array_replace(j.dependencies, $1, made.id),
         status = case when j.status = 'skipped' then 'created' else j.status end,
         finished_at = null,
         updated_at = now()
    from made, old
   where j.pipeline_id = old.pipeline_id and j.id <> $1 and j.retried_by is null
     and ($1 = any (j.waits_for) or $1 = any (j.dependencies) or j.status = 'skipped' and j.waits_for <> '{}')
     and j.status in ${WAITING_OR_SKIPPED}
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

// The mark, log and artifacts go in one transaction; the mark first, so that the log's pieces are those there are when
// nobody joins any more. The log's objects are litter from then on, and removed when an empty log is sealed.
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
)
select ${JOB_COLUMNS} from ${jobView('erased')}`,
}

interface PipelineRow {
  retries: number
  id: number
  status: JobStatus
  settled: boolean
  allow_failure: boolean
  waits_for: number[]
  by_stage: boolean
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
    enqueue: (id, tags, from, ifRetries) =>
      one(db.query<JobRow>(ENQUEUE, [id, ...lane(tags), from, ifRetries ?? null])),

    async releaseResource(id) {
      const [row] = await db.query<{ id: number }>(RELEASE, [id])
      return row?.id ?? null
    },

    forgottenResources: (limit) => db.query<{ id: number; holds: boolean }>(FORGOTTEN_RESOURCES, [limit]),

    heldUpBy: (id) => db.query<HoldingUp>(HELD_UP_BY, [id]),

    async pipelineState(pipelineId) {
      const rows = await db.query<PipelineRow>(PIPELINE_STATE, [pipelineId])
      const jobs = rows.map(({ id, status, allow_failure, waits_for, by_stage, settled }) => ({
        id,
        status,
        settled,
        allowFailure: allow_failure,
        waitsFor: waits_for,
        byStage: by_stage,
      }))
      return { retries: rows[0]?.retries ?? 0, jobs }
    },

    async setCreated(id, status, { ifRetries, startIn }) {
      return (await db.query(SET_CREATED, [id, status, startIn ?? null, ifRetries])).length > 0
    },

    async pipelinesUnderWay(after, limit) {
      const rows = await db.query<{ pipeline_id: number }>(
        `select distinct pipeline_id from jobs where status = 'created' and pipeline_id > $1
          order by pipeline_id limit $2`,
        [after, limit],
      )
      return rows.map(({ pipeline_id }) => pipeline_id)
    },

    retry(id, { tags, allowFailure, timeout }) {
      return db.transaction(async (tx) => {
        const pipelines = await tx.query(BEGIN_RETRY, [id])
        if (pipelines.length === 0) return null
        await tx.query(HOLD_FOLLOWERS, [id])
        const [row] = await tx.query<{ id: number }>(RETRY, [id, ...lane(tags), allowFailure, timeout])
        return row?.id ?? null
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
        await tx.query('delete from trace_pieces where job_id = $1', [id])
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
