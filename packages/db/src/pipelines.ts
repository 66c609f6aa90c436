import type { Pipeline, PipelineStage } from '@yardmaster/domain/pipelines'
import type { PipelineFilter, PipelineStore } from '@yardmaster/domain/ports'
import { compositeStatus, countsAs } from './composite-status.ts'
import { readIfPossible, readOrNewer } from './damage.ts'
import { containing, type Database } from './database.ts'
import { decryptConfiguration, decryptOrigin, decryptPipelineVariables } from './encrypted-values.ts'
import { familyJobs } from './family-jobs.ts'
import { retryPipeline } from './job-state/retry-pipeline.ts'
import { IS } from './job-statuses.ts'
import { jobsInPipeline } from './jobs-in-pipeline.ts'
import type { SecretBox } from './secrets.ts'
import { settlePipelines } from './settle-pipelines.ts'

/**
 * Orders jobs to be canceled. Those that no runner has come first, so that none of them starts meanwhile, and of these
 * the ones that wait for others, from the last stage on, so that none is skipped because of a canceled one before it.
 */
const DEPENDENTS_FIRST = (jobs: string) =>
  `${jobs}.status in ${IS.executing}, ${jobs}.status <> 'created', ${jobs}.stage_index desc, ${jobs}.id desc`

type PipelineRow = Omit<Pipeline, 'stages' | 'hasAllowedFailures'>

const COLUMNS = `pl.id, pl.iid, pl.project_id as "projectId", p.path as "projectPath", pl.status, pl.ref, pl.tag, pl.sha,
  pl.before_sha as "beforeSha", pl.protected, pl.source, pl.name, pl.commit_title as "commitTitle", pl.created_by as "createdBy",
  pl.created_at as "createdAt", pl.started_at as "startedAt", pl.finished_at as "finishedAt", pl.duration, pl.coverage,
  pl.warnings, pl.from_fork as "fromFork", pl.run, pl.parent_id as "parentId", pl.parent_job_id as "parentJobId", pl.depth`

const PIPELINES = `
select ${COLUMNS}
  from pipelines pl
 cross join lateral (select * from projects where id = pl.project_id offset 0) p
 where pl.deleted_at is null`

/** Reads no jobs, because anyone may ask for a public badge. */
const NEWEST = {
  name: 'newest-pipelines-of-ref',
  text: `
select status, coverage from pipelines
 where project_id = $1 and ref = $2 and parent_id is null and deleted_at is null and not from_fork and run is null
 order by id desc limit $3`,
}

const FIND = { name: 'find-pipeline', text: `${PIPELINES} and pl.id = $1` }

const STAGES = {
  name: 'stages-of-pipelines',
  text: `
select pipeline_id, name, job_ids, 'warning' = any (statuses) as warns, ${compositeStatus('statuses')} as status
  from (select j.pipeline_id, j.stage_index, min(j.stage) as name, array_agg(j.id order by j.id) as job_ids,
               array_agg(distinct ${countsAs('j')}) as statuses
          from jobs j
         where j.pipeline_id = any ($1::integer[]) and j.retried_by is null
         group by j.pipeline_id, j.stage_index) stage
 order by pipeline_id, stage_index`,
}

interface StageRow {
  readonly pipeline_id: number
  readonly name: string
  readonly job_ids: readonly number[]
  readonly warns: boolean
  readonly status: PipelineStage['status']
}

async function withStages(db: Database, rows: readonly PipelineRow[]): Promise<Pipeline[]> {
  if (rows.length === 0) return []
  const stages = Map.groupBy(
    await db.query<StageRow>(STAGES, [rows.map(({ id }) => id)]),
    ({ pipeline_id }) => pipeline_id,
  )
  return rows.map((row) => {
    const own = stages.get(row.id) ?? []
    return {
      ...row,
      hasAllowedFailures: own.some(({ warns }) => warns),
      stages: own.map(({ name, status, warns, job_ids }) => ({
        ...{ name, status, hasAllowedFailures: warns, jobIds: job_ids },
      })),
    }
  })
}

/** Reads pipelines, and changes them as a whole. */
export function pipelineStore(db: Database, secrets: SecretBox): PipelineStore {
  return {
    settle: (ids) => settlePipelines(db, ids),
    retry: (id, jobs) => retryPipeline(db, id, jobs),
    jobs: (id) => jobsInPipeline(db, id),

    async find(id) {
      const [pipeline] = await withStages(db, await db.query<PipelineRow>(FIND, [id]))
      return pipeline ?? null
    },

    newestOf: ({ projectId, ref }, limit) => db.query(NEWEST, [projectId, ref, limit]),

    async list(filter) {
      const { where, params } = conditions(filter)
      const text = `${PIPELINES} ${where} order by pl.id desc limit $${params.push(filter.limit)}`
      return await withStages(db, await db.query<PipelineRow>(text, params))
    },

    async variables(id) {
      const [row] = await db.query<{ variables: Uint8Array | null }>('select variables from pipelines where id = $1', [
        id,
      ])
      return await readOrNewer(db, secrets, () => decryptPipelineVariables(secrets, row?.variables ?? null, id))
    },

    async configuration(id) {
      const [row] = await db.query<{ configuration: Uint8Array | null }>(
        'select configuration from pipelines where id = $1',
        [id],
      )
      const encrypted = row?.configuration
      return encrypted ? await readIfPossible(db, secrets, () => decryptConfiguration(secrets, encrypted, id)) : null
    },

    async origin(id) {
      const [row] = await db.query<{ id: number; origin: Uint8Array | null }>(
        `select root.id, root.origin
           from pipelines pl join pipelines root on root.id = coalesce(pl.root_id, pl.id) where pl.id = $1`,
        [id],
      )
      const encrypted = row?.origin
      if (!encrypted) return { files: null, changedPaths: null, mergeRequest: null }
      return await readOrNewer(db, secrets, () => decryptOrigin(secrets, encrypted, row.id))
    },

    async familySize(id) {
      const [row] = await db.query<{ size: number }>(
        `select count(*)::int + 1 as size
           from pipelines where root_id = (select coalesce(root_id, id) from pipelines where id = $1)`,
        [id],
      )
      return row?.size ?? 0
    },

    familyJobs: (id, wanted) => familyJobs(db, id, wanted),

    async unfinishedJobs(id) {
      const rows = await db.query<{ id: number }>(
        `${BELOW} select j.id from below join jobs j on j.pipeline_id = below.id and j.status not in ${IS.finished}
          order by ${DEPENDENTS_FIRST('j')}`,
        [[id]],
      )
      return rows.map((row) => row.id)
    },

    async failedJobs(id) {
      const rows = await db.query<{ id: number }>(
        `select id from jobs where pipeline_id = $1 and status in ${IS.unsuccessful} and retried_by is null order by id`,
        [id],
      )
      return rows.map((row) => row.id)
    },

    async ofJobs(jobIds) {
      const rows = await db.query<{ pipeline_id: number }>(
        'select distinct pipeline_id from jobs where id = any ($1::integer[]) order by pipeline_id',
        [jobIds],
      )
      return rows.map(({ pipeline_id }) => pipeline_id)
    },

    async unfinished(after, limit) {
      const rows = await db.query<{ id: number }>(
        `select id from pipelines
          where status not in ${IS.finished} and status <> 'manual' and id > $1
          order by id limit $2`,
        [after, limit],
      )
      return rows.map(({ id }) => id)
    },

    recent: (before, limit) =>
      db.query<{ id: number; createdAt: Date }>(
        `select id, created_at as "createdAt" from pipelines
          where ($1::integer is null or id < $1) and deleted_at is null
          order by id desc limit $2`,
        [before, limit],
      ),

    async redundantJobs(newer) {
      const rows = await db.query<{ id: number }>(REDUNDANT_JOBS, [newer])
      return rows.map(({ id }) => id)
    },

    async toStop(limit) {
      const rows = await db.query<{ id: number; as_of: string; jobs: number[] }>(TO_STOP, [limit])
      return rows.map(({ id, as_of, jobs }) => ({ id, asOf: as_of, jobs }))
    },

    async noteStopped(id, asOf) {
      await db.query('update pipelines set stopped_at = $2::timestamptz where id = $1', [id, asOf])
    },

    async previousWithReport(id, type) {
      const [row] = await db.query<{ id: number }>(PREVIOUS_WITH_REPORT, [id, type])
      return row?.id ?? null
    },

    remove: (id) =>
      db.transaction(async (tx) => {
        // Retries lock the rows as well: none is under way from here on, and the next statement sees the earlier ones.
        await tx.query(HOLD_BELOW, [[id]])
        const [pipeline] = await tx.query<{ is_over: boolean }>(IS_OVER, [[id]])
        if (!pipeline) return null
        if (!pipeline.is_over) return 'under_way'
        const removed = await tx.query<{ id: number }>(REMOVE, [[id]])
        const rows = await tx.query<{ id: number }>(FORGET, [removed.map((row) => row.id)])
        return rows.map((row) => row.id)
      }),

    async removedJobs(limit) {
      const rows = await db.query<{ id: number }>(REMOVED_JOBS, [limit])
      return rows.map(({ id }) => id)
    },
  }
}

const PREVIOUS_WITH_REPORT = {
  name: 'previous-pipeline-with-report',
  text: `
with earlier as materialized (
  select old.id
    from pipelines given
    join pipelines old on old.project_id = given.project_id and old.ref = given.ref and old.id < given.id
   where given.id = $1 and old.tag = given.tag and old.from_fork = given.from_fork and old.run is null and old.deleted_at is null
   order by old.id desc
   limit 100
)
select id
  from earlier
 where exists (select from jobs j join artifacts a on a.job_id = j.id and a.type = $2
                where j.pipeline_id = earlier.id and j.retried_by is null)
 order by id desc
 limit 1`,
}

/** The given pipelines and all below them. */
const BELOW = `
with recursive below as (
  select id from pipelines where id = any ($1::integer[])
   union
  select pl.id from below join pipelines pl on pl.parent_id = below.id and pl.deleted_at is null
)`

// A child is as old as the pipeline at the top of its family, and newer ones of that family cancel nothing.
const REDUNDANT_JOBS = {
  name: 'redundant-jobs',
  text: `
with older as materialized (
  select old.id, old.on_new_commit = 'conservative' as as_a_whole
    from pipelines new
    join projects p on p.id = new.project_id and p.auto_cancel_pending
    join pipelines old on old.project_id = new.project_id and old.ref = new.ref and old.tag = new.tag
     and old.sha <> new.sha
    join pipelines root on root.id = coalesce(old.root_id, old.id) and root.id < new.id
   where new.id = $1 and new.parent_id is null and new.on_new_commit <> 'none' and old.on_new_commit <> 'none'
     and old.status not in ${IS.finished} and old.deleted_at is null and root.created_at > now() - interval '7 days'
)
select j.id
  from older
  join jobs j on j.pipeline_id = older.id and j.status not in ${IS.finished}
 where case when older.as_a_whole
              then not exists (select from jobs s
                                where s.pipeline_id = older.id and s.kind = 'build' and not s.interruptible
                                  and s.started_at is not null)
            else j.interruptible end
 order by ${DEPENDENTS_FIRST('j')}`,
}

const TO_STOP = {
  name: 'pipelines-to-stop',
  text: `
select pl.id, now()::text as as_of,
       array(with recursive below as (
               select pl.id
                union
               select child.id from below join pipelines child on child.parent_id = below.id and child.deleted_at is null
             )
             select j.id from below join jobs j on j.pipeline_id = below.id and j.status not in ${IS.finished}
              order by ${DEPENDENTS_FIRST('j')}) as jobs
  from pipelines pl
 where pl.on_job_failure = 'all' and pl.status not in ${IS.finished} and pl.deleted_at is null
   and exists (select from jobs j
                where j.pipeline_id = pl.id and j.status = 'failed' and j.retry_decided and j.retried_by is null
                  and not j.allow_failure and j.finished_at > coalesce(pl.stopped_at, '-infinity'))
 order by pl.id
 limit $1`,
}

const HOLD_BELOW = `${BELOW}
select from pipelines where id in (select id from below) order by id for update`

// A failed job that may be retried automatically is not over yet.
const IS_OVER = `${BELOW}
select not exists (select from below join jobs j on j.pipeline_id = below.id
                    where j.status not in ${IS.finished} or j.status = 'failed' and not j.retry_decided) as is_over
  from pipelines pl
 where pl.id = any ($1) and pl.deleted_at is null`

// The rows stay, because the usage counts them. What they were made of goes.
const REMOVE = `${BELOW}
update pipelines set deleted_at = now(), variables = null, configuration = null, origin = null
 where id in (select id from below) and deleted_at is null
returning id`

const FORGET = `
with jobs_of as (
  select id from jobs where pipeline_id = any ($1::integer[])
), unlinked as (
  update jobs set downstream_pipeline_id = null where downstream_pipeline_id = any ($1::integer[])
), forgotten as (
  delete from job_secrets s using jobs_of where s.job_id = jobs_of.id
)
select id from jobs_of order by id`

const REMOVED_JOBS = `
select j.id
  from pipelines pl
  join jobs j on j.pipeline_id = pl.id
 where pl.deleted_at is not null and j.erased_at is null
   and (j.trace_size > 0 or exists (select from artifacts a where a.job_id = j.id))
 order by j.id
 limit $1`

const CHILD_SOURCE = 'parent_pipeline'

function conditions(filter: PipelineFilter): { where: string; params: unknown[] } {
  const params: unknown[] = []
  const parts: string[] = []
  const add = (column: string, value: unknown, operator = '=') => {
    if (value !== undefined) parts.push(`and ${column} ${operator} $${params.push(value)}`)
  }
  add('pl.project_id', filter.projectId)
  add('pl.status', filter.status)
  add('pl.ref', filter.ref)
  add('pl.sha', filter.sha)
  add('pl.source', filter.source)
  add('pl.created_by', filter.createdBy)
  add('pl.id', filter.before, '<')
  add('pl.parent_id', filter.parentId)
  if (filter.parentId === undefined && !filter.withChildren && filter.source !== CHILD_SOURCE)
    parts.push('and pl.parent_id is null')
  if (filter.search !== undefined) {
    const search = `$${params.push(containing(filter.search))}`
    const fields = ['pl.name', 'pl.ref', 'pl.sha'].map((field) => `${field} ilike ${search}`)
    // The column in lower case finds the rows; the fields decide, because a name may have several lines.
    const project = filter.projectId === undefined ? '' : `and id = $${params.push(filter.projectId)}`
    parts.push(`and (pl.search like lower(${search}) and (${fields.join(' or ')})
                     or pl.project_id in (select id from projects where path ilike ${search} ${project}))`)
  }
  return { where: parts.join(' '), params }
}
