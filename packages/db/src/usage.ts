import type { UsageStore } from '@yardmaster/domain/ports'
import { daysOf, type JobTimes, type Month, type RunTime } from '@yardmaster/domain/usage'
import type { Database } from './database.ts'

/** Percentiles are computed from this many of the newest jobs. */
const MOST_JOBS = 100_000
const MOST_TAGS = 500

/** Of a row of `jobs`: whether a runner worked on it. */
const RAN = "started_at is not null and kind = 'build'"
// The server's clock may have been set back while a job ran.
const RUN_SECONDS = 'greatest(extract(epoch from finished_at - started_at), 0)::float8'

/** Adds the run time of finished jobs to what is kept of those whose rows are gone: `of` are their rows. */
export const KEEP_USAGE = (of: string): string => `
  insert into removed_usage as u (month, project_id, runner_id, jobs, run_seconds, compute_minutes)
  select date_trunc('month', finished_at at time zone 'UTC')::date as month, project_id,
         coalesce(runner_id, 0) as runner, count(*), sum(${RUN_SECONDS}), sum(${RUN_SECONDS} * cost_factor / 60)
    from ${of}
   where ${RAN} and finished_at is not null
   group by month, project_id, runner
   order by month, project_id, runner
  on conflict (month, project_id, runner_id) do update
     set jobs = u.jobs + excluded.jobs, run_seconds = u.run_seconds + excluded.run_seconds,
         compute_minutes = u.compute_minutes + excluded.compute_minutes`

// Beside the jobs themselves, those whose rows are gone: by month, and the span is a month.
const addedUp = (column: 'project_id' | 'runner_id'): string => `
select ${column} as id, sum(jobs)::int as jobs, sum(seconds)::float8 as run_seconds,
       sum(minutes)::float8 as compute_minutes
  from (select ${column}, 1 as jobs, ${RUN_SECONDS} as seconds, ${RUN_SECONDS} * cost_factor / 60 as minutes
          from jobs
         where ${RAN} and finished_at >= $1 and finished_at < $2
        union all
        select ${column}, jobs, run_seconds, compute_minutes
          from removed_usage
         where month = ($1::timestamptz at time zone 'UTC')::date and ${column} > 0) ended
 where ${column} is not null
 group by ${column}`

const PROJECTS = {
  name: 'usage-of-projects',
  text: `select p.id, p.path, u.jobs, u.run_seconds, u.compute_minutes
  from (${addedUp('project_id')}) u join projects p on p.id = u.id order by u.compute_minutes desc, p.id`,
}

const RUNNERS = {
  name: 'usage-of-runners',
  text: `select u.id, r.description, r.cost_factor, u.jobs, u.run_seconds, u.compute_minutes
  from (${addedUp('runner_id')}) u left join runners r on r.id = u.id order by u.compute_minutes desc, u.id`,
}

const percentiles = (of: string): string =>
  `percentile_cont(array[0.5, 0.9, 0.99]) within group (order by ${of}) as ${of}`

// Includes each job once for the total, and once for each of its tags.
const TIMES = {
  name: 'job-times',
  text: `
with ended as materialized (
  select tags, greatest(extract(epoch from started_at - queued_at), 0)::float8 as wait,
         greatest(extract(epoch from finished_at - started_at), 0)::float8 as run
    from jobs
   where started_at is not null and finished_at >= now() - $1 * interval '1 hour' and kind = 'build'
   order by finished_at desc
   limit ${MOST_JOBS}
), counted as (
  select true as everything, null as tag, count(*)::int as jobs, ${percentiles('wait')}, ${percentiles('run')}
    from ended having $2::text is null
  union all
  (select false, tag, count(*)::int as jobs, ${percentiles('wait')}, ${percentiles('run')}
     from ended cross join lateral unnest(case when tags = '{}' then array[null] else tags end) as tag
    where $2 is null or tag = $2
    group by tag
    order by jobs desc, tag
    limit ${MOST_TAGS})
)
select * from counted`,
}

// A log's length is 0 once it was erased.
const STORAGE = {
  name: 'storage-of-projects',
  text: `
select p.id, p.path, coalesce(p.max_stored_bytes, s.max_stored_bytes) as max_stored_bytes, coalesce(u.artifact_bytes, 0)::bigint as artifact_bytes,
       coalesce(l.bytes, 0)::bigint as log_bytes
  from projects p
 cross join settings s
  left join project_usage u on u.project_id = p.id
  left join (select project_id, sum(trace_size) as bytes from jobs group by project_id) l on l.project_id = p.id
 where p.deleted_at is null
   and (u.artifact_bytes > 0 or l.bytes > 0 or p.max_stored_bytes is not null)
 order by coalesce(u.artifact_bytes, 0) + coalesce(l.bytes, 0) desc, p.id`,
}

const STORAGE_OF = {
  name: 'storage-of-project',
  text: `
select coalesce(p.max_stored_bytes, s.max_stored_bytes) as limit,
       case when coalesce(p.max_stored_bytes, s.max_stored_bytes) is null then 0
            else coalesce((select u.artifact_bytes from project_usage u where u.project_id = p.id), 0)
               + coalesce((select sum(j.trace_size) from jobs j where j.project_id = p.id), 0)
       end::bigint as stored
  from projects p cross join settings s where p.id = $1`,
}

interface StorageRow {
  id: number
  path: string
  max_stored_bytes: number | null
  artifact_bytes: number
  log_bytes: number
}

interface UsageRow {
  id: number
  jobs: number
  run_seconds: number
  compute_minutes: number
}

interface TimesRow {
  everything: boolean
  tag: string | null
  jobs: number
  wait: (number | null)[] | null
  run: (number | null)[] | null
}

const toUsage = ({ jobs, run_seconds, compute_minutes }: UsageRow): RunTime => ({
  jobs,
  runSeconds: run_seconds,
  computeMinutes: compute_minutes,
})

const toPercentiles = (given: TimesRow['wait']): JobTimes['queueWait'] => {
  const [p50 = null, p90 = null, p99 = null] = given ?? []
  return { p50, p90, p99 }
}

const toTimes = ({ tag, jobs, wait, run }: TimesRow): JobTimes => ({
  tag,
  jobs,
  queueWait: toPercentiles(wait),
  runTime: toPercentiles(run),
})

export function usageStore(db: Database): UsageStore {
  const span = (month: Month) => {
    const { from, to } = daysOf(month)
    return [from, to]
  }

  return {
    async storage() {
      const rows = await db.query<StorageRow>(STORAGE)
      return rows.map((row) => ({
        projectId: row.id,
        path: row.path,
        artifactBytes: row.artifact_bytes,
        logBytes: row.log_bytes,
        maxStoredBytes: row.max_stored_bytes,
      }))
    },

    async storageOf(projectId) {
      const [row] = await db.query<{ limit: number | null; stored: number }>(STORAGE_OF, [projectId])
      return row ?? { limit: null, stored: 0 }
    },

    async projects(month) {
      const rows = await db.query<UsageRow & { path: string }>(PROJECTS, span(month))
      return rows.map((row) => ({ projectId: row.id, path: row.path, ...toUsage(row) }))
    },

    async runners(month) {
      const rows = await db.query<UsageRow & { description: string | null; cost_factor: number | null }>(
        RUNNERS,
        span(month),
      )
      return rows.map((row) => ({
        runnerId: row.id,
        description: row.description,
        costFactor: row.cost_factor,
        ...toUsage(row),
      }))
    },

    async times({ hours, tag }) {
      const rows = await db.query<TimesRow>(TIMES, [hours, tag ?? null])
      const all = rows.find(({ everything }) => everything)
      return { all: all ? toTimes(all) : null, tags: rows.filter(({ everything }) => !everything).map(toTimes) }
    },
  }
}
