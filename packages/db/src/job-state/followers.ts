import { IS, statusAfter, statusesBefore } from '../job-statuses.ts'

/**
 * Locks the jobs of a pipeline that a retry or a play may change. Before the lane, like all statements that queue a
 * job.
 */
export const HOLD_FOLLOWERS = {
  name: 'hold-followers',
  text: `
select id from jobs
 where pipeline_id = (select pipeline_id from jobs where id = $1) and status in ${IS.waitingOrSkipped}
 order by id
   for update`,
}

/**
 * Revives skipped jobs because job `$1` is about to run: those that need it, directly or through others, and those of
 * later stages (`docs/pipelines.md 4`). A finished attempt still names the attempt that it needed, so all attempts of a
 * job count.
 */
export const REVIVE_SKIPPED = {
  name: 'revive-skipped-jobs',
  text: `
with recursive played as materialized (
  select pipeline_id, name, stage_index from jobs where id = $1
), behind as (
  select j.id from played join jobs j on j.pipeline_id = played.pipeline_id and j.name = played.name
   union
  select j.id
    from behind
    join jobs j on j.pipeline_id = (select pipeline_id from played) and not j.by_stage and behind.id = any (j.waits_for)
)
update jobs j
   set status = ${statusAfter('process', 'created')}, finished_at = null, updated_at = now()
  from played
 where j.pipeline_id = played.pipeline_id and j.status in ${statusesBefore('process')}
   and (j.stage_index > played.stage_index or j.id in (select id from behind))`,
}
