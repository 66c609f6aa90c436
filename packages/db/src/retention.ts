import type { JobStatus } from '@yardmaster/domain/jobs'
import type { AgePlace, AgeWalk, RetentionStore } from '@yardmaster/domain/ports'
import { removeArtifacts } from './artifacts.ts'
import type { Database } from './database.ts'
import { removePieces } from './job-state/erase.ts'
import { IS } from './job-statuses.ts'
import { removeUnusedProfiles } from './profiles.ts'
import { KEEP_USAGE } from './usage.ts'

/** A place that comes before all others. */
const BEGINNING = [0, '-infinity', 0] as const

interface FoundRow {
  id: number
  project_id: number
  ended_at: Date
  before: Date
}

/**
 * Finds the next rows of a walk, `t`, by the index on project, age and id. Days have 24 hours, whatever the time zone of
 * the connection does.
 */
const found = (
  days: 'job_retention_days' | 'log_retention_days',
  { from, endedAt, where }: { from: string; endedAt: string; where: string },
): string => `
with kept as (
  select p.id, $1::timestamptz - least(p.${days}, $2::integer) * interval '24 hours' as before
    from projects p
   where p.id >= $3 and coalesce(p.${days}, $2::integer) is not null
)
select due.id, kept.id as project_id, due.ended_at, kept.before
  from kept
 cross join lateral (
   select t.id, ${endedAt} as ended_at
     from ${from} t
    where t.project_id = kept.id and ${where} and ${endedAt} < kept.before
      and ${endedAt} >= case when kept.id = $3 then $4::timestamptz else '-infinity' end
      and (kept.id > $3 or (${endedAt}, t.id) > ($4::timestamptz, $5::integer))
    order by ${endedAt}, t.id
    limit $6
 ) due
 order by kept.id, due.ended_at, due.id
 limit $6`

const OLD_PIPELINES = {
  name: 'old-pipelines',
  text: found('job_retention_days', {
    from: 'pipelines',
    endedAt: 'coalesce(t.finished_at, t.created_at)',
    where: 't.parent_id is null and not t.past_retention',
  }),
}

const OLD_LOGS = {
  name: 'old-logs',
  text: found('log_retention_days', {
    from: 'jobs',
    endedAt: 't.finished_at',
    where: `t.started_at is not null and t.finished_at is not null and t.erased_at is null and t.log_removed_at is null
      and t.trace_size > 0 and t.status in ${IS.finished}`,
  }),
}

/** The pipelines of families, by the id of the one at the top, which is a column of `tops`. */
const familiesOf = (tops: string): string => `
  select tops.id as top, family.id, family.status
    from ${tops} tops
   cross join lateral (
     select pl.id, pl.status from pipelines pl where pl.id = tops.id
      union all
     select pl.id, pl.status from pipelines pl where pl.root_id = tops.id) family`

/**
 * Whether a job `j` of a pipeline `f` is not over, or may still be retried automatically. A manual job that may fail does
 * not keep a pipeline from being over. A resource is freed by what follows the end of its job.
 */
const LIVES = `j.status not in ${IS.finished} and not (j.status = 'manual' and j.allow_failure and f.status in ${IS.finished})
            or j.status = 'failed' and not j.retry_decided
            or exists (select from resources r where r.job_id = j.id)`

// A job that is retried or played locks its pipeline first. A family of which another process has a pipeline is left out.
const HOLD_FAMILIES = `
with tops as (select unnest($1::integer[]) as id)
select id from pipelines where id in (select id from (${familiesOf('tops')}) of_families) order by id for update skip locked`

// Available environments are stopped by jobs of the pipeline that deployed to them last.
const HIDE = `
with tops as (
  select * from unnest($1::integer[], $2::timestamptz[]) as given (id, before)
), families as materialized (${familiesOf('tops')}
), staying as materialized (
  select top from families where id <> all ($3::integer[])
   union
  select f.top
    from families f
    join tops on tops.id = f.top
    join jobs j on j.pipeline_id = f.id
   where ${LIVES} or coalesce(j.finished_at, j.created_at) >= tops.before
      or exists (select from environments e
                  where e.deployed_by = j.id and e.stopped_at is null
                    and (e.removed_at is null or e.created_at > e.removed_at))
)
update pipelines pl
   set deleted_at = coalesce(pl.deleted_at, $4), variables = null, configuration = null, origin = null,
       past_retention = pl.id = f.top
  from families f
 where pl.id = f.id and f.top not in (select top from staying)
returning pl.id`

const HIDDEN_FAMILIES = familiesOf('(select id from pipelines where past_retention)')

// Also of a job without a log: something may lie under its keys that came too late.
const ERASE = `
with due as materialized (
  select j.id
    from (${HIDDEN_FAMILIES}) f
    join jobs j on j.pipeline_id = f.id
   where j.erased_at is null
   limit $2
     for update of j skip locked
)
update jobs j
   set erased_at = $1, artifacts_expire_at = null, trace_size = 0, trace_crc = null, trace_sealed = j.started_at is null,
       updated_at = now()
  from due
 where j.id = due.id
returning j.id`

const HOLD_ERASED = `
select top.id
  from pipelines top
 where top.past_retention
   and not exists (select from (${familiesOf('(select top.id)')}) f
                     join jobs j on j.pipeline_id = f.id
                    where j.erased_at is null or j.started_at is not null and not j.trace_sealed
                       or exists (select from artifacts a where a.job_id = j.id)
                       or exists (select from trace_pieces t where t.job_id = j.id))
 order by top.id
 limit $1
   for update skip locked`

const JOBS_OF_FAMILIES = `
with tops as (select unnest($1::integer[]) as id)
select j.id from (${familiesOf('tops')}) f join jobs j on j.pipeline_id = f.id order by j.id limit $2`

const DELETE_WHAT_NAMES_JOBS = [
  KEEP_USAGE('(select * from jobs where id = any ($1::integer[])) removed'),
  'delete from job_reports where job_id = any ($1::integer[])',
  'delete from job_secrets where job_id = any ($1::integer[])',
  'update environments set deployed_by = null where deployed_by = any ($1::integer[])',
]

const DELETE_JOBS = 'delete from jobs where id = any ($1::integer[]) returning profile_id'

const DELETE_PIPELINES = `
with tops as (select unnest($1::integer[]) as id
), families as materialized (${familiesOf('tops')}
)
delete from pipelines
 where id in (select id from families
               where top not in (select f.top from families f join jobs j on j.pipeline_id = f.id))
returning id`

const REMOVE_LOGS = `
with due as materialized (
  select j.id, coalesce(j.family_id, j.pipeline_id) as top
    from jobs j
   where j.id = any ($1::integer[]) and j.erased_at is null and j.log_removed_at is null and j.trace_size > 0
   order by j.id
     for update skip locked
), tops as (
  select distinct top as id from due
), living as materialized (
  select f.top from (${familiesOf('tops')}) f join jobs j on j.pipeline_id = f.id where ${LIVES}
)
update jobs j
   set log_removed_at = $2, trace_size = 0, trace_crc = null, trace_sealed = false, updated_at = now()
  from due
 where j.id = due.id and due.top not in (select top from living)
returning j.id, j.status`

export function retentionStore(db: Database): RetentionStore {
  return {
    hidePipelines: (walk) =>
      db.transaction(async (tx) => {
        const rows = await tx.query<FoundRow>(OLD_PIPELINES, places(walk))
        if (rows.length === 0) return { done: 0, next: null }
        const tops = rows.map(({ id }) => id)
        const held = await tx.query<{ id: number }>(HOLD_FAMILIES, [tops])
        const hidden = await tx.query(HIDE, [
          tops,
          rows.map(({ before }) => before),
          held.map(({ id }) => id),
          walk.now,
        ])
        return { done: hidden.length, next: nextPlace(rows, walk) }
      }),

    eraseJobs: (now, limit) =>
      db.transaction(async (tx) => {
        const erased = await tx.query<{ id: number }>(ERASE, [now, limit])
        const ids = erased.map(({ id }) => id).sort((a, b) => a - b)
        if (ids.length === 0) return []
        await removePieces(tx, ids)
        await removeArtifacts(tx, ids)
        return ids
      }),

    async deleteJobs(limit) {
      const profiles = new Set<number>()
      const deleted = await db.transaction(async (tx) => {
        const held = await tx.query<{ id: number }>(HOLD_ERASED, [limit])
        if (held.length === 0) return 0
        const tops = held.map(({ id }) => id)
        const jobs = await tx.query<{ id: number }>(JOBS_OF_FAMILIES, [tops, limit])
        const ids = jobs.map(({ id }) => id)
        for (const statement of DELETE_WHAT_NAMES_JOBS) await tx.query(statement, [ids])
        for (const row of await tx.query<{ profile_id: number }>(DELETE_JOBS, [ids])) profiles.add(row.profile_id)
        return jobs.length + (await tx.query(DELETE_PIPELINES, [tops])).length
      })
      await removeUnusedProfiles(db, [...profiles])
      return deleted
    },

    removeLogs: (walk) =>
      db.transaction(async (tx) => {
        const rows = await tx.query<FoundRow>(OLD_LOGS, places(walk))
        if (rows.length === 0) return { done: [], next: null }
        const removed = await tx.query<{ id: number; status: JobStatus }>(REMOVE_LOGS, [
          rows.map(({ id }) => id),
          walk.now,
        ])
        if (removed.length > 0)
          await removePieces(
            tx,
            removed.map(({ id }) => id),
          )
        return { done: removed, next: nextPlace(rows, walk) }
      }),
  }
}

function places({ now, days, after, limit }: AgeWalk): unknown[] {
  const from = after === null ? BEGINNING : [after.projectId, after.endedAt, after.id]
  return [now, days, ...from, limit]
}

function nextPlace(rows: readonly FoundRow[], { limit }: AgeWalk): AgePlace | null {
  const last = rows.at(-1)
  if (!last || rows.length < limit) return null
  return { projectId: last.project_id, endedAt: last.ended_at, id: last.id }
}
