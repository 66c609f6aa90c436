import { tooManyAttempts } from './attempts.ts'
import { SILENCE_SECONDS } from './operations.ts'
import { illegalSteps } from './steps.ts'
import type { World } from './world.ts'

const FINISHED = "('success', 'failed', 'canceled', 'skipped')"
const UNTAKEN = "('created', 'waiting_for_resource', 'pending', 'manual', 'scheduled', 'skipped')"
const QUEUED = "('pending', 'running', 'canceling')"

/**
 * Laws that hold at every moment. Each statement selects violations as `found`.
 */
const LAWS: Readonly<Record<string, string>> = {
  'a pending job has its place in the queue, and nothing else has one': `
    select coalesce(q.job_id, j.id) || ' is ' || coalesce(j.status, 'no job') as found
      from (select id, status from jobs where status = 'pending' and kind = 'build') p
      full join pending_jobs q on q.job_id = p.id
      left join jobs j on j.id = coalesce(p.id, q.job_id)
     where p.id is null or q.job_id is null`,
  'a job waits in the lane of its project and its tags': `
    select q.job_id || ' is in lane ' || l.id as found
      from pending_jobs q
      join lanes l on l.id = q.lane_id
      join jobs j on j.id = q.job_id
      join pipelines pl on pl.id = j.pipeline_id
     where (l.project_id, l.protected) <> (j.project_id, pl.protected) or not (l.tags <@ j.tags and j.tags <@ l.tags)`,
  'a claimed job has a runner that matches it': `
    select j.id || ' was taken by runner ' || r.id as found
      from jobs j join runners r on r.id = j.runner_id
     where not (j.tags <@ r.tags and (r.run_untagged or j.tags <> '{}'))
        or j.on_instance_runner <> (r.runner_type = 'instance_type')`,
  'a job has the cost factor of its runner': `
    select j.id || ', ' || j.status || ', costs ' || j.cost_factor || ' on runner ' || r.id as found
      from jobs j join runners r on r.id = j.runner_id
     where j.started_at is not null and j.finished_at is not null and j.cost_factor <> r.cost_factor`,
  'a terminal session is stored only while its job is executing': `
    select j.id || ' is ' || j.status as found
      from jobs j join job_secrets s on s.job_id = j.id
     where s.session is not null and j.status not in ('running', 'canceling')`,
  'a job has a failure reason exactly when it failed': `
    select id || ' is ' || status as found from jobs where (failure_reason is not null) <> (status = 'failed')`,
  'no job ends as silent that was not silent': `
    select job_id || ' was silent for ' || silent_seconds || ' s' as found from job_history
     where reason = 'no_updates_running' and silent_seconds < ${SILENCE_SECONDS} - 0.002`,
  'an executing job has a runner and a token': `
    select id || ' is ' || status as found from jobs
     where status in ('running', 'canceling') and kind = 'build'
       and (runner_id is null or token_digest is null or started_at is null)`,
  'a trigger job has no runner, no token and no place in the queue': `
    select id || ' is ' || status as found from jobs
     where kind = 'trigger'
       and (runner_id is not null or token_digest is not null
            or exists (select from pending_jobs q where q.job_id = jobs.id))`,
  'a trigger job has the child that was made for it, and no other': `
    select j.id || ' has ' || coalesce(j.downstream_pipeline_id, child.id) as found
      from jobs j full join pipelines child on child.parent_job_id = j.id
     where (j.downstream_pipeline_id is not null or child.parent_job_id is not null)
       and j.downstream_pipeline_id is distinct from child.id and child.deleted_at is null`,
  'a family has three levels at most, and all of it is of one project': `
    select child.id || ' is below ' || parent.id as found
      from pipelines child join pipelines parent on parent.id = child.parent_id
     where child.depth <> parent.depth + 1 or child.depth > 2 or child.project_id <> parent.project_id`,
  'an unclaimed job has no token': `
    select id || ' is ' || status as found from jobs
     where status in ${UNTAKEN} and token_digest is not null`,
  'a job has an end time exactly when it is over': `
    select id || ' is ' || status as found from jobs
     where status in ('success', 'failed', 'canceled') and finished_at is null
        or status not in ${FINISHED} and finished_at is not null`,
  // A trigger job that runs again because of a retry in its child does not wait for its resource.
  'a queued or executing job with a resource group has the resource': `
    select j.id || ' is ' || j.status || ', ' || coalesce('has it: ' || r.job_id, 'no job has it') as found
      from jobs j
      left join resources r on r.project_id = j.project_id and r.name = j.resource_group
     where j.resource_group is not null and j.status in ${QUEUED} and r.job_id is distinct from j.id
       and not (j.status = 'running' and j.downstream_pipeline_id is not null)`,
  'a resource belongs to a job that was queued with it': `
    select j.id || ' is ' || j.status as found from resources r join jobs j on j.id = r.job_id
     where j.status not in ${QUEUED} and j.status not in ${FINISHED}`,
  'a resource group that a job names is known': `
    select j.id || ' names ' || j.resource_group as found
      from jobs j
     where j.resource_group is not null
       and not exists (select from resource_groups g where g.project_id = j.project_id and g.name = j.resource_group)`,
  'the stored artifact usage is the sum of the artifacts': `
    select 'project ' || coalesce(u.project_id, a.project_id) as found
      from (select * from project_usage where artifact_count <> 0 or artifact_bytes <> 0) u
      full join (select project_id, sum(size) as bytes, count(*) as artifacts from artifacts group by 1) a
        on a.project_id = u.project_id
     where u.artifact_bytes is distinct from a.bytes or u.artifact_count is distinct from a.artifacts`,
  'an attempt and its successor name each other': `
    select 'job ' || coalesce(old.id, new.id) as found
      from (select id, retried_by from jobs where retried_by is not null) old
      full join (select id, retry_of from jobs where retry_of is not null) new on new.id = old.retried_by
     where old.retried_by is null or new.retry_of is null or new.retry_of <> old.id`,
  'a job waits for, and downloads from, latest attempts': `
    select j.id || ' names ' || old.id as found
      from jobs j join jobs old on old.id = any (j.waits_for || j.dependencies) and old.pipeline_id = j.pipeline_id
     where j.status in ${UNTAKEN} and old.retried_by is not null`,
  'a skipped job waits for no job that may still run': `
    select j.id || ' waits for ' || b.id || ', which is ' || b.status as found
      from jobs j join jobs b on b.id = any (j.waits_for)
     where j.status = 'skipped' and b.status not in ${FINISHED} and not (b.status = 'manual' and b.allow_failure)
       and (j.by_stage or not settled_early(j.waits_for))`,
  'a job without any signal is not canceling': `
    select id || '' as found from jobs where status = 'canceling' and last_signal_at is null`,
  'no job starts or is skipped before the jobs it waits for are over': `
    select job_id || ' became ' || after as found from job_history where too_early`,
  'a removed project whose jobs have ended has no unfinished job': `
    select j.id || ' is ' || j.status as found
      from projects p join jobs j on j.project_id = p.id
     where p.jobs_ended and j.status not in ${FINISHED}`,
  'a pipeline counts its retries': `
    select pl.id || ' counts ' || pl.retries || ' of ' || made as found
      from pipelines pl
      join (select pipeline_id, count(*) as made from jobs where retry_of is not null group by 1) j
        on j.pipeline_id = pl.id
     where pl.retries < made`,
  'a project counts its pipelines': `
    select p.id || ' counts ' || p.last_pipeline_iid as found
      from projects p
     where p.last_pipeline_iid <> (select count(*) from pipelines where project_id = p.id)
                                + (select count(*) from deleted_pipelines where project_id = p.id)
        or p.last_pipeline_iid < (select max(iid) from pipelines where project_id = p.id)`,
  'nothing of a family is past its retention while a job of it may still run': `
    select j.id || ' is ' || j.status as found
      from pipelines top
      join pipelines f on f.id = top.id or f.root_id = top.id
      join jobs j on j.pipeline_id = f.id
     where top.past_retention and j.status not in ${FINISHED} and not (j.status = 'manual' and j.allow_failure)`,
  'a webhook gets every change once': `
    select coalesce(h.job_id, d.job_id) || ': ' || coalesce(h.before, d.previous_status, 'none') || ' to '
             || coalesce(h.after, d.status) as found
      from (select job_id, before, after, count(*) as times from job_history group by 1, 2, 3) h
      full join (
        select job_id, previous_status, status, count(*) as times from webhook_deliveries group by 1, 2, 3
      ) d on (d.job_id, d.status) = (h.job_id, h.after) and d.previous_status is not distinct from h.before
     where h.times is distinct from d.times`,
  'the pieces of a log follow each other up to its length': `
    select j.id || ' has ' || j.trace_size as found
      from jobs j
      left join (
        select job_id, sum(end_byte - start_byte) as bytes, max(end_byte) as last, bool_and(follows) as follow
          from (select *, start_byte = coalesce(lag(end_byte) over (partition by job_id order by start_byte), 0)
                          as follows from trace_pieces) p
         group by job_id
      ) t on t.job_id = j.id
     where j.trace_size <> coalesce(t.bytes, 0) or j.trace_size <> coalesce(t.last, 0) or not coalesce(t.follow, true)`,
  'a piece in a segment is one of its stretches': `
    select t.job_id || ' at ' || t.start_byte as found
      from trace_pieces t left join trace_segments s on s.id = t.segment_id
     where t.segment_id is not null
       and (s.id is null or s.object_key <> t.object_key
            or t.object_offset < 0 or t.object_offset + t.end_byte - t.start_byte > s.bytes)`,
  'an object that is no segment has one piece': `
    select t.object_key || ' has ' || count(*) as found
      from trace_pieces t
     where t.segment_id is null
     group by t.object_key having count(*) > 1 or min(t.object_offset) <> 0`,
  'no byte of a segment is of two pieces': `
    select job_id || ' at ' || start_byte as found
      from (select *, lag(object_offset + end_byte - start_byte) over (partition by segment_id order by object_offset)
                        as taken
              from trace_pieces where segment_id is not null) t
     where object_offset < taken`,
  'a sealed log is an object of its own': `
    select j.id || '' as found
      from jobs j join trace_pieces t on t.job_id = j.id
     where j.trace_sealed and t.segment_id is not null`,
  'an erased job has nothing': `
    select id || '' as found from jobs j
     where erased_at is not null
       and (trace_size > 0 or exists (select from artifacts a where a.job_id = j.id)
            or exists (select from trace_pieces t where t.job_id = j.id))`,
  'no stray belongs to an artifact': `
    select s.object_key as found
      from stray_objects s join artifacts a on s.object_key in (a.object_key, a.listing_key)`,
  'no stray belongs to a segment': `
    select s.object_key as found from stray_objects s join trace_segments g on g.object_key = s.object_key`,
  'no stray belongs to a log': `
    select s.object_key as found from stray_objects s join trace_pieces t on t.object_key = s.object_key`,
}

/** One statement, so that all laws see the same moment. */
const BREACHES = {
  name: 'breaches',
  text: Object.entries(LAWS)
    .map(([law, statement]) => `select '${law}' as law, found from (${statement}) breach`)
    .join(' union all '),
}

/** Returns the laws that are broken now, as sentences. */
export async function brokenLaws(world: World): Promise<string[]> {
  const rows = await world.database.db.query<{ law: string; found: string }>(BREACHES)
  const broken = rows.map(({ law, found }) => `${law}: ${found}`)
  return [...broken, ...(await illegalSteps(world)), ...(await tooManyAttempts(world))]
}
