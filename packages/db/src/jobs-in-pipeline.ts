import type { JobInPipeline } from '@yardmaster/domain/pipelines'
import { hasAllowedFailures } from './composite-status.ts'
import type { Database } from './database.ts'

// A retry takes the place of the first attempt, so that a view of the pipeline does not change its order.
const JOBS = {
  name: 'jobs-in-pipeline',
  text: `
select j.id, j.name, j.stage, j.stage_index as "stageIndex", j.status, j.allow_failure as "allowFailure", j.needs,
       j.starts_when as "when", j.parallel_index as "parallelIndex", j.parallel_total as "parallelTotal",
       j.failure_reason as "failureReason", j.start_at as "scheduledAt", j.started_at as "startedAt",
       j.finished_at as "finishedAt", j.kind, j.downstream_pipeline_id as "downstreamPipelineId",
       j.failure_detail as "failureDetail",
       (select c.status from pipelines c where c.id = j.downstream_pipeline_id) as "downstreamStatus",
       ${hasAllowedFailures('j.downstream_pipeline_id')} as "downstreamHasAllowedFailures"
  from (select *, min(id) over (partition by stage_index, name) as first_id from jobs where pipeline_id = $1) j
  join pipelines pl on pl.id = j.pipeline_id
 where j.retried_by is null and pl.deleted_at is null
 order by j.stage_index, j.first_id, j.id`,
}

/** Returns the latest attempts of a pipeline's jobs, by stage and in the order of their creation. */
export const jobsInPipeline = (db: Database, id: number): Promise<JobInPipeline[]> =>
  db.query<JobInPipeline>(JOBS, [id])
