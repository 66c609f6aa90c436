/**
 * Moves what happened in the demo installation into the past, pipeline by pipeline, and makes its jobs take minutes
 * instead of seconds.
 */
export const AGE_JOBS = `
with aged as (
  select id, created_at,
         now() - created_at + make_interval(mins => case
           when retry_of is not null then 2
           else 4 + 11 * ((select max(pipeline_id) from jobs) - pipeline_id)
         end) as age
    from jobs
)
update jobs
   set created_at = now() - age,
       queued_at = now() - age + (jobs.queued_at - aged.created_at) * 11,
       started_at = now() - age + (jobs.started_at - aged.created_at) * 11,
       finished_at = now() - age + (jobs.finished_at - aged.created_at) * 11
  from aged
 where aged.id = jobs.id`

/** Moves pipelines with their jobs. */
export const AGE_PIPELINES = `
with aged as (
  select pipeline_id, min(created_at) as created, min(started_at) as started, max(finished_at) as finished
    from jobs group by pipeline_id
)
update pipelines pl
   set created_at = created, started_at = case when pl.started_at is not null then started end,
       finished_at = case when pl.finished_at is not null then finished end,
       duration = case when pl.duration is not null then extract(epoch from finished - started) end
  from aged
 where aged.pipeline_id = pl.id`

/** The same for what the jobs belong to. */
export const AGE_OTHERS = ['projects', 'runners', 'webhooks'].map(
  (table) => `update ${table} set created_at = created_at - interval '2 days'`,
)
