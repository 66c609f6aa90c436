import { compositeStatus, countsAs } from './composite-status.ts'
import type { Database } from './database.ts'
import { IS } from './job-statuses.ts'

const HOLD = {
  name: 'hold-pipelines',
  text: 'select id from pipelines where id = any ($1::integer[]) order by id for no key update',
}

// `created` is never written over an older status, and a pipeline that began does not fall back to `pending`.
const SETTLE = {
  name: 'settle-pipelines',
  text: `
with combined as (
  select pl.id, pl.status as old, ${compositeStatus('whole.statuses')} as new, whole.*
    from pipelines pl
   cross join lateral (
     select coalesce(array_agg(distinct ${countsAs('j')}) filter (where j.retried_by is null), '{}') as statuses,
            min(j.started_at) as started,
            max(j.finished_at) as finished,
            avg(j.coverage) filter (where j.retried_by is null) as mean,
            (select sum(extract(epoch from upper(span) - lower(span)))
               from unnest(range_agg(tstzrange(j.started_at, greatest(j.started_at, j.finished_at)))
                             filter (where j.started_at is not null and j.finished_at is not null)) as span) as ran
       from jobs j where j.pipeline_id = pl.id
   ) whole
   where pl.id = any ($1::integer[])
), judged as (
  select id, started, mean, finished, ran,
         case when new is null or new = 'created' then old
              when new = 'pending' and old in ${IS.begun} then 'running'
              else new end as status
    from combined
), ended as (
  select *, status in ${IS.retryable} as is_over from judged
)
update pipelines pl
   set status = e.status, started_at = e.started, coverage = e.mean,
       finished_at = case when e.is_over then e.finished end,
       duration = case when e.is_over then coalesce(e.ran, 0) end
  from ended e
 where pl.id = e.id
   and (pl.status, pl.started_at, pl.coverage, pl.finished_at)
         is distinct from (e.status, e.started, e.mean, case when e.is_over then e.finished end)
returning pl.id`,
}

/**
 * Writes what the jobs of these pipelines say of them. The rows are locked first, by a statement of their own, so that
 * the second one sees every change of a job that an earlier caller has seen.
 */
export async function settlePipelines(db: Database, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return []
  return await db.transaction(async (tx) => {
    await tx.query(HOLD, [ids])
    return (await tx.query<{ id: number }>(SETTLE, [ids])).map(({ id }) => id)
  })
}
