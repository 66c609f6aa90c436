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

/** The same for what the jobs belong to. */
export const AGE_OTHERS = ['projects', 'runners', 'webhooks'].map(
  (table) => `update ${table} set created_at = created_at - interval '2 days'`,
)
