import { IS } from '../job-statuses.ts'

/** The pipeline at the top of a job's family, by which jobs take turns: a child is as old as its family. */
const family = (job: string): string => `coalesce(${job}.family_id, ${job}.pipeline_id)`

const LARGEST_ID = 2_147_483_647

/**
 * Returns `from … where …` of the jobs (`ahead`) that come before a job in its resource group (`g`), although they do
 * not have the resource: in an ordered mode, those of older or of newer families that wait or may still wait for it. A
 * range of families, so that the index finds the first one at once. Jobs of the job's own family are never ahead: they
 * may be waiting for it.
 *
 * @param job - a row with the columns `project_id`, `resource_group`, `pipeline_id` and `family_id`.
 * @see `docs/pipelines.md 12`
 */
export const fromJobsAhead = (job: string): string => `
  from resource_groups g
  join jobs ahead on ahead.project_id = g.project_id and ahead.resource_group = g.name
 where g.project_id = ${job}.project_id and g.name = ${job}.resource_group
   and ahead.status in ${IS.upcoming}
   and (ahead.status = 'waiting_for_resource' or g.mode <> 'newest_ready_first')
   and ${family('ahead')} > case when g.mode in ('newest_first', 'newest_ready_first') then ${family(job)} else 0 end
   and ${family('ahead')} < case g.mode when 'unordered' then 0 when 'oldest_first' then ${family(job)} else ${LARGEST_ID} end`

const WAITING = `
  project_id = groups.project_id and resource_group = groups.name and status = 'waiting_for_resource'`

/** Selects the first waiting job of a group, if the group has one of these modes. */
const firstWaiting = (modes: string, order: string, condition = 'true'): string => `
  (select id, project_id, resource_group, pipeline_id, family_id
     from jobs
    where ${WAITING} and ${condition}
      and coalesce((select mode from resource_groups g
                     where g.project_id = groups.project_id and g.name = groups.name), 'unordered') in (${modes})
    order by ${order}
    limit 1)`

// In two steps, each in the order of an index.
const OF_NEWEST_FAMILY = `
  ${family('jobs')} = (select ${family('jobs')} from jobs where ${WAITING} order by ${family('jobs')} desc limit 1)`

/**
 * Selects, for each row of `groups` (`project_id`, `name`), the `id` of the job whose turn it is; none while a job has
 * the resource, or while the next one has to wait for jobs ahead of it.
 */
export const nextInGroups = (groups: string): string => `
select next.id
  from (${groups}) groups
 cross join lateral (
   ${firstWaiting("'unordered'", 'id')}
   union all
   ${firstWaiting("'oldest_first'", `${family('jobs')}, id`)}
   union all
   ${firstWaiting("'newest_first', 'newest_ready_first'", 'id', OF_NEWEST_FAMILY)}
 ) next
 where not exists (select from resources r where r.project_id = next.project_id and r.name = next.resource_group)
   and not exists (select ${fromJobsAhead('next')})`
