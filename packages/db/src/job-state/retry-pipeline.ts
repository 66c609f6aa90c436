import type { PipelineStore } from '@yardmaster/domain/ports'
import type { Database } from '../database.ts'
import { insertRetry } from '../job-columns.ts'
import { IS, statusAfter, statusesBefore } from '../job-statuses.ts'
import { latestAttempts } from './retry.ts'
import { holdFamily, reopenTriggers } from './triggers.ts'

// Conclusions made before become invalid, as after the retry of one job.
const BEGIN = {
  name: 'begin-pipeline-retry',
  text: `
update pipelines pl
   set retries = retries + $2::integer
 where id = $1 and deleted_at is null
   and exists (select from projects p where p.id = pl.project_id and p.deleted_at is null)
returning id`,
}

const HOLD = {
  name: 'hold-jobs-of-pipeline',
  text: `select id from jobs where pipeline_id = $1 and status in ${IS.waitingOrSkipped} order by id for update`,
}

// A job that was played by hand waits to be played again.
const RETRY_ALL = {
  name: 'retry-jobs-of-pipeline',
  text: `
with given as materialized (
  select * from json_to_recordset($2::json) as g (id integer, own_allow_failure boolean, own_timeout integer)
), old as materialized (
  select j.*, given.own_allow_failure, given.own_timeout, nextval('jobs_id_seq')::integer as new_id
    from (select * from jobs
           where pipeline_id = $1 and status in ${IS.unsuccessful} and retried_by is null order by id for update) j
    join given using (id)
), made as (
  insert into jobs ${insertRetry({
    id: 'new_id',
    status: `case when starts_when = $3 then ${statusAfter('retry', 'manual')}
                 else ${statusAfter('retry', 'created')} end`,
    dependencies: 'dependencies',
    waits_for: 'waits_for',
    allow_failure: 'own_allow_failure',
    timeout: 'own_timeout',
    queued_at: 'null',
    retry_of: 'id',
  })}
    from old order by id
  returning id, retry_of
), copied as (
  insert into job_secrets (job_id, definition, version)
  select made.id, s.definition, s.version from made join job_secrets s on s.job_id = made.retry_of
), linked as (
  update jobs j set retried_by = made.id, retry_decided = true, updated_at = now() from made where j.id = made.retry_of
)
select id from made order by id`,
}

const REVIVE_ALL = {
  name: 'revive-jobs-of-pipeline',
  text: `
update jobs old
   set waits_for = ${latestAttempts('waits_for')}, dependencies = ${latestAttempts('dependencies')},
       status = case when status in ${statusesBefore('process')} then ${statusAfter('process', 'created')} else status end,
       finished_at = null, updated_at = now()
 where pipeline_id = $1 and retried_by is null and status in ${IS.waitingOrSkipped}`,
}

/** Creates new attempts of the given jobs, and revives all skipped ones. */
export function retryPipeline(
  db: Database,
  id: number,
  jobs: Parameters<PipelineStore['retry']>[1],
): Promise<number[]> {
  const given = jobs.map((job) => ({ id: job.id, own_allow_failure: job.allowFailure, own_timeout: job.timeout }))
  return db.transaction(async (tx) => {
    await holdFamily(tx, { pipelineId: id })
    if ((await tx.query(BEGIN, [id, jobs.length])).length === 0) return []
    await tx.query(HOLD, [id])
    const made = await tx.query<{ id: number }>(RETRY_ALL, [id, JSON.stringify(given), 'manual'])
    await tx.query(REVIVE_ALL, [id])
    if (made.length > 0) await reopenTriggers(tx, id)
    return made.map((row) => row.id)
  })
}
