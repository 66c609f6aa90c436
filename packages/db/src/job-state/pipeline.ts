import type { JobStatus } from '@yardmaster/domain/jobs'
import type { HoldingUp, JobStateStore, UnsuccessfulBefore } from '@yardmaster/domain/ports'
import type { Database } from '../database.ts'
import { IS, statusesBefore } from '../job-statuses.ts'
import { fromJobsAhead } from './turns.ts'

/**
 * Locks the pipeline's row for sharing: no job of it was retried since `retries` was read, and none can be retried now.
 */
export const unretried = (retries: string): string => `
  select id from pipelines where id = (select pipeline_id from jobs where id = $1) and retries = ${retries} for share`

const PIPELINE_STATE = {
  name: 'pipeline-state',
  text: `
select pl.retries, j.id, j.status, j.allow_failure, j.stage_index, j.resource_group,
       -- Those of a job that waits for stages are all jobs of earlier ones: hundreds for each of hundreds.
       case when not j.by_stage then j.waits_for end as waits_for,
       j.status <> 'failed' or j.retry_decided as settled
  from pipelines pl
  join jobs j on j.pipeline_id = pl.id
 where pl.id = $1 and j.retried_by is null
   and exists (select from projects p where p.id = pl.project_id and p.deleted_at is null)
   and exists (select from jobs c where c.pipeline_id = $1 and c.status = 'created')
 order by j.id`,
}

const HELD_UP_BY = {
  name: 'job-held-up-by',
  text: `
select b.id, b.name, b.status, b.pipeline_id as "pipelineId", 'dependency' as reason, 0 as rank
  from jobs j
  join jobs b on b.id = any (j.waits_for)
 where j.id = $1 and j.status = 'created' and b.retried_by is null
   and not (b.status in ${IS.finished} and (b.status <> 'failed' or b.retry_decided)
     or b.status = 'manual' and b.allow_failure)
union all
select b.id, b.name, b.status, b.pipeline_id, 'has_resource', 0
  from jobs j
  join resources r on r.project_id = j.project_id and r.name = j.resource_group
  join jobs b on b.id = r.job_id
 where j.id = $1 and j.status = 'waiting_for_resource'
union all
select * from (
  select ahead.id, ahead.name, ahead.status, ahead.pipeline_id,
         case ahead.mode when 'oldest_first' then 'older_pipeline' else 'newer_pipeline' end, 1
    from jobs j
   cross join lateral (select ahead.*, g.mode ${fromJobsAhead('j')}) ahead
   where j.id = $1 and j.status = 'waiting_for_resource'
   order by ahead.id
   limit 100
) ahead
 order by rank, id
 limit 100`,
}

const UNSUCCESSFUL_BEFORE = {
  name: 'unsuccessful-before-job',
  text: `
select j.by_stage, b.id, b.name, b.status, b.pipeline_id as "pipelineId", b.allow_failure as "allowFailure",
       b.status <> 'failed' or b.retry_decided as settled
  from jobs j
  left join jobs b on b.id = any (j.waits_for) and b.retried_by is null and b.status <> 'success'
 where j.id = $1 and j.status in ${IS.createdOrSkipped}
 order by b.id
 limit 100`,
}

const SET_CREATED = {
  name: 'set-created-job',
  text: `
with pipeline as materialized (${unretried('$4')}
)
update jobs
   set status = $2, start_at = now() + $3 * interval '1 second',
       finished_at = case when $2 = 'skipped' then now() end, updated_at = now()
 where id = $1 and status in ${statusesBefore('skip')} and exists (select from pipeline)
returning id`,
}

interface PipelineRow {
  retries: number
  id: number
  status: JobStatus
  settled: boolean
  allow_failure: boolean
  stage_index: number
  resource_group: string | null
  waits_for: number[] | null
}

/** Reads the dependencies of jobs, and changes those that may start. */
export function pipelineStore(
  db: Database,
): Pick<
  JobStateStore,
  'heldUpBy' | 'unsuccessfulBefore' | 'pipelineState' | 'setCreated' | 'pipelineCreatedAt' | 'pipelinesUnderWay'
> {
  return {
    async heldUpBy(id) {
      const rows = await db.query<HoldingUp>(HELD_UP_BY, [id])
      return rows.map(({ id, name, status, pipelineId, reason }) => ({ id, name, status, pipelineId, reason }))
    },

    async unsuccessfulBefore(id) {
      const rows = await db.query<UnsuccessfulBefore & { by_stage: boolean; id: number | null }>(UNSUCCESSFUL_BEFORE, [
        id,
      ])
      const jobs = rows.flatMap(({ by_stage, ...job }) => (job.id === null ? [] : [job]))
      return { byStage: rows[0]?.by_stage ?? true, jobs }
    },

    async pipelineState(pipelineId) {
      const rows = await db.query<PipelineRow>(PIPELINE_STATE, [pipelineId])
      const jobs = rows.map(({ id, status, allow_failure, stage_index, resource_group, waits_for, settled }) => ({
        id,
        status,
        settled,
        allowFailure: allow_failure,
        stageIndex: stage_index,
        resourceGroup: resource_group,
        waitsFor: waits_for,
      }))
      return { retries: rows[0]?.retries ?? 0, jobs }
    },

    async setCreated(id, status, { ifRetries, startIn }) {
      return (await db.query(SET_CREATED, [id, status, startIn ?? null, ifRetries])).length > 0
    },

    async pipelineCreatedAt(id) {
      const [row] = await db.query<{ created_at: Date }>(
        'select pl.created_at from jobs j join pipelines pl on pl.id = j.pipeline_id where j.id = $1',
        [id],
      )
      return row?.created_at ?? null
    },

    async pipelinesUnderWay(after, limit) {
      const rows = await db.query<{ pipeline_id: number }>(
        `select distinct pipeline_id from jobs where status = 'created' and pipeline_id > $1
          order by pipeline_id limit $2`,
        [after, limit],
      )
      return rows.map(({ pipeline_id }) => pipeline_id)
    },
  }
}
