import type { Claim, ClaimOutcome, RunnerType } from '@yardmaster/domain'
import type { Queryable, Statement } from './database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from './job-row.ts'
import { type ProjectRow, projectColumns, toProject } from './project-row.ts'
import { SERVES } from './scope.ts'
import { openNullable, type SecretBox } from './secrets.ts'

/** Candidates looked at: more than there are claims at the same moment, or they would only see each other's locks. */
const CANDIDATES = 32

/** Jobs of a project that run on instance runners now: what fair scheduling goes by. */
const RUNNING_ON_INSTANCE_RUNNERS = (project: string): string => `
  (select count(*)::int from jobs x where x.project_id = ${project} and x.status = 'running' and x.on_instance_runner)`

const FIRST_IN_LANE = (lane: string, limit: number): string => `
  select q.job_id
    from pending_jobs q
   where q.lane_id = ${lane} and ($4::bigint is null or q.queued_at < now() - $4 * interval '1 second')
   order by q.job_id
   limit ${limit}`

/**
 * The whole hand-over in one statement: exactly one runner gets a job, and nobody waits for anybody.
 *
 * Lanes are chosen first, so jobs that do not match cost nothing. Then the first job of every lane orders the lanes:
 * the first n candidates can only be in the first n lanes, so no more than n jobs of n lanes are ever sorted, however
 * many are pending. `skip locked` under `limit 1` locks the one row that is taken, never another's next choice.
 *
 * `$4` is cast once and used often; every step reads the same snapshot, which a concurrent claim may have left behind:
 * a row that vanished meanwhile is skipped like a locked one.
 */
const claimStatement = (type: RunnerType): Statement => ({
  name: `claim-${type}`,
  text: `
with matching as materialized (
  select l.id, l.project_id
    from runners r, lanes l
    join projects p on p.id = l.project_id
   where r.id = $1
     and l.tags <@ r.tags
     and (r.run_untagged or l.tags <> '{}')
     and (l.protected or r.access_level = 'not_protected')
     and ${SERVES[type]}
), heads as materialized (
  select matching.id as lane_id, project_id, head.job_id
    from matching cross join lateral (${FIRST_IN_LANE('matching.id', 1)}) head
), loads as materialized (
  select project_id, case when $6 then ${RUNNING_ON_INSTANCE_RUNNERS('h.project_id')} else 0 end as running
    from (select distinct project_id from heads) h
), first_lanes as materialized (
  select lane_id, running from heads join loads using (project_id) order by running, job_id limit ${CANDIDATES}
), candidates as materialized (
  select next.job_id, running
    from first_lanes cross join lateral (${FIRST_IN_LANE('first_lanes.lane_id', CANDIDATES)}) next
   order by running, next.job_id
   limit ${CANDIDATES}
), locked as materialized (
  select q.job_id, q.queued_at
    from candidates c
    join pending_jobs q on q.job_id = c.job_id
   order by c.running, c.job_id
   limit 1
     for update of q skip locked
), dequeued as (
  delete from pending_jobs q using locked where q.job_id = locked.job_id
), checked as materialized (
  select j.id,
         now() - locked.queued_at as waited,
         least(coalesce(j.timeout, p.timeout), r.maximum_timeout) as timeout,
         case when r.maximum_timeout < coalesce(j.timeout, p.timeout) then 'runner'
              when j.timeout is null then 'project'
              else 'job' end as timeout_source,
         case when exists (select from jobs d
                            where d.id = any (j.dependencies)
                              and (d.erased_at is not null or d.artifacts_expire_at <= now()))
                then 'missing_dependency_failure'
              when not j.required_features <@ $3::text[] then 'runner_unsupported'
              when pl.created_at < now() - $7::bigint * interval '1 second' then 'archived_failure'
              when p.deleted_at is not null then 'project_deleted'
              when not p.ci_enabled then 'builds_disabled' end as refusal
    from locked
    join runners r on r.id = $1
    join ${jobView()} on j.id = locked.job_id
), moved as (
  update jobs j
     set status = case when refusal is null then 'running' else 'failed' end,
         failure_reason = refusal,
         runner_id = $1,
         manager_id = $2,
         on_instance_runner = ${type === 'instance_type'},
         token_digest = case when refusal is null then $5 end,
         timeout = case when refusal is null then checked.timeout else j.timeout end,
         timeout_source = case when refusal is null then checked.timeout_source end,
         started_at = case when refusal is null then now() end,
         finished_at = case when refusal is null then null else now() end,
         updated_at = now()
    from checked
   where j.id = checked.id and j.status = 'pending'
  returning j.*, checked.waited
), session_kept as (
  update job_secrets s set session = $8 from moved where $8::bytea is not null and s.job_id = moved.id
     and moved.status = 'running'
)
select (select count(*)::int from candidates) as candidates, taken.*
  from (values (0)) as always
  left join (
    select ${JOB_COLUMNS}, extract(epoch from j.waited)::float8 as seconds_in_queue, s.definition,
           pl.iid as pipeline_iid, pl.source as pipeline_source, pl.created_at as pipeline_created_at,
           pl.variables as pipeline_variables,
           ${type === 'instance_type' ? RUNNING_ON_INSTANCE_RUNNERS('j.project_id') : '0'} as running_before,
           ${projectColumns('project__')}
      from ${jobView('moved')}
      join job_secrets s on s.job_id = j.id
  ) taken on true`,
})

const CLAIM: { readonly [Type in RunnerType]: Statement } = {
  instance_type: claimStatement('instance_type'),
  group_type: claimStatement('group_type'),
  project_type: claimStatement('project_type'),
}

type TakenRow = JobRow & { [Column in keyof ProjectRow as `project__${Column}`]: ProjectRow[Column] } & {
  candidates: number
  seconds_in_queue: number
  definition: Uint8Array
  pipeline_iid: number
  pipeline_source: string
  pipeline_created_at: Date
  pipeline_variables: Uint8Array | null
  running_before: number
}

type NothingRow = { candidates: number; id: null }

/** @see {@link import('@yardmaster/domain').JobStore.claim} */
export async function claimJob(db: Queryable, secrets: SecretBox, claim: Claim): Promise<ClaimOutcome> {
  const fair = claim.fairScheduling && claim.runner.runnerType === 'instance_type'
  const [row] = await db.query<TakenRow | NothingRow>(CLAIM[claim.runner.runnerType], [
    claim.runner.id,
    claim.managerId,
    claim.features,
    claim.jobAge,
    claim.tokenDigest,
    fair,
    claim.archiveAfter,
    claim.session && secrets.seal(JSON.stringify(claim.session)),
  ])
  if (!row || row.candidates === 0) return { kind: 'none' }
  if (row.id === null) return { kind: 'locked' }
  if (row.status !== 'running') {
    return {
      kind: 'rejected',
      jobId: row.id,
      reason: row.failure_reason ?? 'unknown_failure',
      remaining: row.candidates - 1,
    }
  }
  return { kind: 'taken', taken: toTaken(secrets, row) }
}

function toTaken(secrets: SecretBox, row: TakenRow) {
  const variables = openNullable(secrets, row.pipeline_variables)
  return {
    job: toJob(row),
    definition: JSON.parse(secrets.open(row.definition)),
    project: toProject(secrets, projectPart(row)),
    pipeline: {
      id: row.pipeline_id,
      iid: row.pipeline_iid,
      source: row.pipeline_source,
      createdAt: row.pipeline_created_at,
      variables: variables === null ? [] : JSON.parse(variables),
    },
    timeInQueueSeconds: row.seconds_in_queue,
    queueSize: row.candidates,
    runningOnInstanceRunners: row.running_before,
  }
}

const PREFIX = 'project__'

function projectPart(row: TakenRow): ProjectRow {
  const columns = Object.entries(row).filter(([name]) => name.startsWith(PREFIX))
  return Object.fromEntries(columns.map(([name, value]) => [name.slice(PREFIX.length), value])) as unknown as ProjectRow
}
