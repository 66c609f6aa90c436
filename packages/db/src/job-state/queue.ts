import type { JobStateStore } from '@yardmaster/domain/ports'
import type { Database } from '../database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toOneJob } from '../job-row.ts'
import { IS, statusAfter } from '../job-statuses.ts'
import { laneOf, laneParameters } from '../lanes.ts'
import { unretried } from './pipeline.ts'
import { fromJobsAhead, nextInGroups } from './turns.ts'

// A job with a resource group is queued if it gets the resource, which it does not take from jobs ahead of it; otherwise
// it waits for it. A trigger job is `pending`
// without being in the queue of the runners.
export const ENQUEUE = {
  name: 'enqueue-job',
  text: `
with pipeline as materialized (${unretried('$5::integer')}
), asking as materialized (
  select id, project_id, resource_group, pipeline_id, family_id
    from jobs
   where id = $1 and status = any ($4) and ($5 is null or exists (select from pipeline))
     and exists (select from projects p where p.id = jobs.project_id and p.deleted_at is null)
     for update
), taken as (
  insert into resources (project_id, name, job_id)
  select project_id, resource_group, id from asking
   where resource_group is not null and not exists (select ${fromJobsAhead('asking')})
  on conflict (project_id, name) do nothing
  returning job_id
), moved as (
  update jobs j
     set status = case when resourceless or exists (select from taken) then ${statusAfter('enqueue', 'pending')}
                       else ${statusAfter('enqueue', 'waiting_for_resource')} end,
         queued_at = case when resourceless or exists (select from taken) then now() end,
         updated_at = now()
    from (select id, resource_group is null as resourceless from asking) asking
   where j.id = asking.id
  returning j.*
), known as (
  select ${JOB_COLUMNS} from ${jobView('moved')}
), lane as (${laneOf("known where status = 'pending' and kind = 'build'")}
), queued as (
  insert into pending_jobs (job_id, lane_id, version)
  select known.id, lane.id, s.version from known, lane, job_secrets s where s.job_id = $1
)
select * from known`,
}

const RELEASE = `
delete from resources r using jobs holder
 where r.job_id = $1 and holder.id = r.job_id and holder.status in ${IS.finished}`

const NEXT_AFTER = {
  name: 'next-for-resource',
  text: nextInGroups(
    'select project_id, resource_group as name from jobs where id = $1 and resource_group is not null',
  ),
}

const NEXT_IN_GROUP = {
  name: 'next-in-resource-group',
  text: nextInGroups('select $1::integer as project_id, $2::text as name'),
}

/** Finds jobs whose turn it is, and resources of jobs that are over: a crash leaves these. */
const FORGOTTEN_RESOURCES = `
select r.job_id as id, true as holds
  from resources r join jobs j on j.id = r.job_id
 where j.status in ${IS.finished}
union all
select due.id, false
  from (${nextInGroups("select distinct project_id, resource_group as name from jobs where status = 'waiting_for_resource'")}) due
 limit $1`

/** Queues jobs, and manages the resources that they have while they are queued or executed. */
export function queueStore(
  db: Database,
): Pick<JobStateStore, 'enqueue' | 'releaseResource' | 'nextForResource' | 'forgottenResources'> {
  return {
    enqueue: (id, tags, from, ifRetries) =>
      toOneJob(db.query<JobRow>(ENQUEUE, [id, ...laneParameters(tags), from, ifRetries ?? null])),

    async releaseResource(id) {
      await db.query(RELEASE, [id])
    },

    async nextForResource(of) {
      const [row] = await ('jobId' in of
        ? db.query<{ id: number }>(NEXT_AFTER, [of.jobId])
        : db.query<{ id: number }>(NEXT_IN_GROUP, [of.projectId, of.name]))
      return row?.id ?? null
    },

    forgottenResources: (limit) => db.query<{ id: number; holds: boolean }>(FORGOTTEN_RESOURCES, [limit]),
  }
}
