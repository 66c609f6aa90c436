import { toStorable } from '@yardmaster/common'
import type { JobStateStore } from '@yardmaster/domain/ports'
import type { Database, Queryable } from '../database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob, toOneJob } from '../job-row.ts'
import { IS, statusAfter, statusesBefore } from '../job-statuses.ts'
import { HOLD_FOLLOWERS, REVIVE_SKIPPED } from './followers.ts'

/** Whether a trigger job was begun by a process that has not created its child within this time. */
const LEFT = (seconds: string): string => `
  status in ${statusesBefore('drop')} and downstream_pipeline_id is null and last_signal_at < now() - ${seconds} * interval '1 second'`

const DUE = {
  name: 'due-triggers',
  text: `
select id from jobs
 where kind = 'trigger' and status in ${IS.openTrigger} and id > $1
   and (status in ${statusesBefore('start')} or ${LEFT('$2')})
   and exists (select from projects p where p.id = jobs.project_id and p.deleted_at is null)
 order by id
 limit $3`,
}

const START = {
  name: 'start-trigger',
  text: `
with begun as (
  update jobs
     set status = ${statusAfter('start', 'running')}, started_at = coalesce(started_at, now()), last_signal_at = now(),
         updated_at = now()
   where id = $1 and kind = 'trigger' and (status in ${statusesBefore('start')} or ${LEFT('$2')})
  returning *
)
select ${JOB_COLUMNS} from ${jobView('begun')}`,
}

const FAIL = {
  name: 'fail-trigger',
  text: `
with ended as (
  update jobs
     set status = ${statusAfter('drop', 'failed')}, failure_reason = $2, failure_detail = $3, retry_decided = true,
         trace_sealed = true, finished_at = now(), updated_at = now()
   where id = $1 and kind = 'trigger' and status in ${statusesBefore('drop')} and downstream_pipeline_id is null
  returning *
)
select ${JOB_COLUMNS} from ${jobView('ended')}`,
}

// The child's row is locked, so that a status which a retry in the child has just made invalid is read anew.
const FOLLOW = {
  name: 'follow-children',
  text: `
with seen as materialized (
  select j.id, j.strategy, child.id as child_id, child.status as child_status
    from jobs j
    join pipelines child on child.parent_job_id = j.id and child.deleted_at is null
   where j.kind = 'trigger' and j.status in ${IS.openTrigger} and j.status in ${statusesBefore('mirror')}
     and (j.strategy is null or child.status in ${IS.finished}
           or j.strategy = 'mirror' and (child.status = 'manual') <> (j.status = 'manual'))
   order by child.id
   limit $1
     for share of child
), judged as (
  select *,
         case when strategy is null then 'success'
              when child_status = 'skipped' and strategy = 'depend' then 'failed'
              when child_status in ${IS.finished} or child_status = 'manual' and strategy = 'mirror' then child_status
              else 'running' end as new_status
    from seen
), moved as (
  update jobs j
     set status = case judged.new_status
                    when ${statusAfter('mirror', 'success')} then ${statusAfter('mirror', 'success')}
                    when ${statusAfter('mirror', 'failed')} then ${statusAfter('mirror', 'failed')}
                    when ${statusAfter('mirror', 'canceled')} then ${statusAfter('mirror', 'canceled')}
                    when ${statusAfter('mirror', 'skipped')} then ${statusAfter('mirror', 'skipped')}
                    when ${statusAfter('mirror', 'manual')} then ${statusAfter('mirror', 'manual')}
                    else ${statusAfter('mirror', 'running')} end,
         failure_reason = case when judged.new_status = 'failed' then 'unknown_failure' end,
         failure_detail = case when judged.new_status = 'failed'
                               then format('Its child pipeline %s is %s.', judged.child_id, judged.child_status) end,
         retry_decided = judged.new_status = 'failed',
         trace_sealed = true,
         finished_at = case when judged.new_status in ${IS.finished} then now() end,
         updated_at = now()
    from judged
   where j.id = judged.id and j.status in ${statusesBefore('mirror')} and j.status <> judged.new_status
  returning j.*
)
select ${JOB_COLUMNS} from ${jobView('moved')} order by j.id`,
}

/** Starts trigger jobs, and gives them the status of their children. */
export function triggerStore(
  db: Database,
): Pick<JobStateStore, 'dueTriggers' | 'startTrigger' | 'failTrigger' | 'followChildren'> {
  return {
    async dueTriggers({ after, leftSeconds }, limit) {
      const rows = await db.query<{ id: number }>(DUE, [after, leftSeconds, limit])
      return rows.map(({ id }) => id)
    },

    startTrigger: (id, leftSeconds) => toOneJob(db.query<JobRow>(START, [id, leftSeconds])),
    failTrigger: (id, { reason, detail }) =>
      toOneJob(db.query<JobRow>(FAIL, [id, reason, detail && toStorable(detail)])),
    followChildren: async (limit) => (await db.query<JobRow>(FOLLOW, [limit])).map(toJob),
  }
}

// The pipelines above come first, as with every statement that locks several pipelines.
const HOLD_FAMILY = {
  name: 'hold-pipelines-above',
  text: `
with recursive above as (
  select id, parent_id from pipelines where id = coalesce($1, (select pipeline_id from jobs where id = $2))
   union all
  select p.id, p.parent_id from above join pipelines p on p.id = above.parent_id
)
select id, parent_id from pipelines
 where id in (select id from above) and exists (select from above where parent_id is not null)
 order by id
   for no key update`,
}

// The status is written at once, because until the pipeline is settled a trigger job would still get the old one.
const RUN_AGAIN = {
  name: 'run-pipeline-again',
  text: `
update pipelines set status = ${statusAfter('reopen', 'running')}
 where id = $1 and parent_job_id is not null and (status in ${IS.finished} or status = 'manual')`,
}

const TRIGGER_OF = {
  name: 'trigger-of-pipeline',
  text: `
select j.id, j.pipeline_id
  from pipelines pl join jobs j on j.id = pl.parent_job_id
 where pl.id = $1 and j.strategy is not null and j.retried_by is null and j.status in ${statusesBefore('reopen')}`,
}

const BEGIN_REOPEN = {
  name: 'begin-reopen',
  text: 'update pipelines set retries = retries + 1 where id = $1',
}

// Takes the job's resource if that is free, whatever is ahead of it; cannot wait for it, because a job of the child is
// queued already.
const REOPEN = {
  name: 'reopen-trigger',
  text: `
with reopened as (
  update jobs
     set status = ${statusAfter('reopen', 'running')}, failure_reason = null, failure_detail = null,
         retry_decided = false, finished_at = null, updated_at = now()
   where id = $1 and status in ${statusesBefore('reopen')}
  returning id, project_id, resource_group
), taken as (
  insert into resources (project_id, name, job_id)
  select project_id, resource_group, id from reopened where resource_group is not null
  on conflict (project_id, name) do nothing
)
select id from reopened`,
}

/**
 * Locks a pipeline, or that of a job, and those above it, in the order in which others lock several pipelines. Call it first in a
 * transaction that calls `reopenTriggers`. Does nothing for a pipeline that is no child.
 */
export async function holdFamily(tx: Queryable, of: { pipelineId: number } | { jobId: number }): Promise<void> {
  await tx.query(HOLD_FAMILY, ['pipelineId' in of ? of.pipelineId : null, 'jobId' in of ? of.jobId : null])
}

/**
 * Lets the trigger jobs above a pipeline run again that wait for its end, because a job of the pipeline is about to run
 * again. As after a retry, skipped jobs behind them are revived.
 *
 * @see `docs/pipelines.md 8`
 */
export async function reopenTriggers(tx: Queryable, pipelineId: number): Promise<void> {
  for (let below = pipelineId; ; ) {
    await tx.query(RUN_AGAIN, [below])
    const [trigger] = await tx.query<{ id: number; pipeline_id: number }>(TRIGGER_OF, [below])
    if (!trigger) return
    await tx.query(BEGIN_REOPEN, [trigger.pipeline_id])
    await tx.query(HOLD_FOLLOWERS, [trigger.id])
    if ((await tx.query(REOPEN, [trigger.id])).length === 0) return
    await tx.query(REVIVE_SKIPPED, [trigger.id])
    below = trigger.pipeline_id
  }
}
