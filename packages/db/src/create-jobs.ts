import type { JobEnvironment } from '@yardmaster/ci-config'
import { Slices } from '@yardmaster/domain'
import type { JobStatus } from '@yardmaster/domain/jobs'
import type { NewJob, NewPipeline } from '@yardmaster/domain/ports'
import type { Database, Queryable } from './database.ts'
import { encryptConfiguration, encryptDefinition, encryptOrigin, encryptPipelineVariables } from './encrypted-values.ts'
import { GIVEN_COLUMNS, givenValues, insertNew } from './job-columns.ts'
import { laneParameters } from './lanes.ts'
import type { SecretBox } from './secrets.ts'

// Jobs as JSON are $1, the pipeline's id is $2. An existing lane is only read, and locked against removal (lanes.ts),
// so that jobs of one lane can be created concurrently. A lane that another transaction is creating is not in our
// snapshot, but the conflict waits for it and, being an update, returns it.
const jobsOf = (pipeline: string): string => `
with ${pipeline}, given as materialized (
  select *
    from json_to_recordset($1::json) as g (
      n integer, given_id integer, lane_tags text[], lane_digest text, start_in float8, definition text, version integer,
      ${GIVEN_COLUMNS})
), wanted as (
  select distinct pipeline.project_id, lane_tags as tags, lane_digest as tags_digest, protected
    from given, pipeline
   where status = 'pending' and kind = 'build'
), present as (
  select l.id, l.tags_digest from lanes l join wanted using (project_id, tags_digest, protected) for key share of l
), added as (
  insert into lanes (project_id, tags, tags_digest, protected)
  select project_id, tags, tags_digest, protected from wanted
   where tags_digest not in (select tags_digest from present)
   order by tags_digest
  on conflict (project_id, tags_digest, protected) do update set tags = excluded.tags
  returning id, tags_digest
), made as (
  insert into jobs ${insertNew({
    id: "coalesce(given_id, nextval('jobs_id_seq'))",
    pipeline_id: 'pipeline.id',
    family_id: 'pipeline.root_id',
    project_id: 'pipeline.project_id',
    queued_at: "case when status = 'pending' then now() end",
    start_at: "now() + start_in * interval '1 second'",
  })}
    from given, pipeline
   order by n
  returning id
), numbered as (
  select id, row_number() over (order by id) as n from made
), encrypted as (
  insert into job_secrets (job_id, definition, version)
  select id, decode(definition, 'base64'), version from given join numbered using (n)
), queued as (
  insert into pending_jobs (job_id, lane_id, version)
  select numbered.id, lane.id, given.version
    from given
    join numbered using (n)
    join (select * from present union all select * from added) lane on lane.tags_digest = given.lane_digest
   where status = 'pending' and kind = 'build'
)
select id from made order by id`

/** Creates the pipeline and its first jobs. These are usually all its jobs, so one statement does everything. */
const CREATE = {
  name: 'create-jobs',
  text: jobsOf(`triggering as (
  update jobs set downstream_pipeline_id = $2::integer, updated_at = now()
   where id = $17::integer and kind = 'trigger' and status = $19 and downstream_pipeline_id is null
  returning pipeline_id
), above as (
  select pl.id as parent_id, coalesce(pl.root_id, pl.id) as root_id, pl.depth + 1 as depth
    from triggering t join pipelines pl on pl.id = t.pipeline_id
), scheduled as (
  update schedules set next_run_at = case when $21::timestamptz is null then next_run_at else $22::timestamptz end,
                       last_run_at = $23::timestamptz, last_pipeline_id = $2::integer, failures = 0, last_failure = null,
                       taken_until = case when $21::timestamptz is null then taken_until end
   where id = $20::integer and project_id = $3 and ($21::timestamptz is null or next_run_at = $21 and active)
  returning id
), hooked as (
  update hook_deliveries set done = done + 1, pipeline_ids = pipeline_ids || $2::integer
   where id = $27::integer and project_id = $3 and taken = $28::integer and done = $29::integer
  returning id
), counted as (
  update projects set last_pipeline_iid = last_pipeline_iid + 1
   where id = $3 and deleted_at is null and ($17::integer is null or exists (select from triggering))
     and ($20::integer is null or exists (select from scheduled))
     and ($27::integer is null or exists (select from hooked))
  returning id, last_pipeline_iid
), pipeline as (
  insert into pipelines (id, project_id, iid, source, ref, tag, sha, protected, variables, name, created_by, before_sha,
                         warnings, configuration, on_new_commit, on_job_failure, origin, parent_job_id, parent_id, root_id, depth,
                         commit_title, from_fork, run)
  overriding system value
  select $2::integer, id, last_pipeline_iid, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
         $18, $17, above.parent_id, above.root_id, coalesce(above.depth, 0), $26, $30, $31::text
    from counted left join above on true
  returning id, project_id, protected, root_id
), environments_named as (
  insert into environments (project_id, name, slug, tier)
  select pipeline.project_id, e.name, e.slug, e.tier
    from pipeline, json_to_recordset($24::json) as e (name text, slug text, tier text)
   where not exists (select from environments known
                      where known.project_id = pipeline.project_id and known.name = e.name
                        and (known.removed_at is null or known.created_at > known.removed_at))
   order by e.name
  on conflict (project_id, name) do update
     set slug = excluded.slug, tier = excluded.tier, url = null, stopped_at = null, auto_stop_at = null,
         created_at = greatest(now(), environments.removed_at + interval '1 millisecond')
   where environments.removed_at >= environments.created_at
), resource_groups_named as (
  insert into resource_groups (project_id, name)
  select pipeline.project_id, g.name
    from pipeline, json_array_elements_text($25::json) as g (name)
   where not exists (select from resource_groups known
                      where known.project_id = pipeline.project_id and known.name = g.name)
   order by g.name
  on conflict (project_id, name) do nothing
)`),
}

/** Adds further jobs to a pipeline. */
const ADD = {
  name: 'add-jobs',
  text: jobsOf('pipeline as (select id, project_id, protected, root_id from pipelines where id = $2::integer)'),
}

/** Most jobs of one statement: the embedded database executes it without a pause, in ten milliseconds or so. */
const MOST_JOBS = 50
const MOST_CHARACTERS = 262_144

/**
 * Creates a pipeline with all of its jobs, or nothing; pending jobs are queued. Returns ids in the given order, and no
 * ids when there is no such project, the trigger job of a child has one already or is not running, or the run of a
 * schedule is no longer due, or a delivery of a hook was taken by another process.
 */
export async function createJobs(db: Database, secrets: SecretBox, pipeline: NewPipeline): Promise<number[]> {
  const drawn = await drawIds(db, pipeline.jobs)
  const { pipelineId } = drawn
  const variables =
    pipeline.variables.length === 0 ? null : encryptPipelineVariables(secrets, pipeline.variables, pipelineId)
  const around = { ...drawn, variablesVersion: variables?.version ?? 1 }
  const [first = '[]', ...others] = await Array.fromAsync(inParts(secrets, pipeline.jobs, around))
  const params = [
    first,
    pipelineId,
    pipeline.projectId,
    pipeline.source,
    pipeline.ref,
    pipeline.tag,
    pipeline.sha,
    pipeline.protected,
    variables?.encrypted ?? null,
    pipeline.name ?? null,
    pipeline.createdBy ?? null,
    pipeline.beforeSha ?? null,
    pipeline.warnings ?? [],
    pipeline.configuration == null ? null : encryptConfiguration(secrets, pipeline.configuration, pipelineId),
    pipeline.autoCancel?.onNewCommit ?? 'none',
    pipeline.autoCancel?.onJobFailure ?? 'none',
    pipeline.parentJobId ?? null,
    pipeline.origin ? encryptOrigin(secrets, pipeline.origin, pipelineId) : null,
    STARTED,
    pipeline.scheduledRun?.id ?? null,
    pipeline.scheduledRun?.due?.at ?? null,
    pipeline.scheduledRun?.due?.nextRunAt ?? null,
    pipeline.scheduledRun?.runAt ?? null,
    JSON.stringify(environmentsOf(pipeline.jobs)),
    JSON.stringify([...new Set(pipeline.jobs.flatMap(({ definition }) => definition.resourceGroup ?? []))]),
    pipeline.commitTitle ?? null,
    pipeline.hookDelivery?.id ?? null,
    pipeline.hookDelivery?.taken ?? null,
    pipeline.hookDelivery?.done ?? null,
    pipeline.fromFork ?? false,
    pipeline.run ?? null,
  ]
  const isNotedElsewhere =
    pipeline.parentJobId != null || pipeline.scheduledRun != null || pipeline.hookDelivery != null
  const create = async (tx: Queryable) => {
    const made = await tx.query<{ id: number }>(CREATE, params)
    // A trigger job, a schedule or a delivery names the pipeline already: without a pipeline that must not stay.
    if (made.length === 0 && isNotedElsewhere) throw new NotCreated()
    if (made.length > 0)
      for (const part of others) made.push(...(await tx.query<{ id: number }>(ADD, [part, pipelineId])))
    return made
  }
  try {
    const isOneStatement = others.length === 0 && !isNotedElsewhere
    const made = isOneStatement ? await create(db) : await db.transaction(create)
    return made.map(({ id }) => id)
  } catch (error) {
    if (error instanceof NotCreated) return []
    throw error
  }
}

/** Returns the environments of jobs that may touch them, each once. */
function environmentsOf(jobs: readonly NewJob[]): Pick<JobEnvironment, 'name' | 'slug' | 'tier'>[] {
  const named = jobs.flatMap(({ environment, environmentRefusal = null }) =>
    environment && environmentRefusal === null ? [environment] : [],
  )
  return [...new Map(named.map(({ name, slug, tier }) => [name, { name, slug, tier }])).values()]
}

/** The status of a trigger job for which a child pipeline may be created. */
const STARTED: JobStatus = 'running'

/** Ends the transaction of a pipeline that is not created after all. */
class NotCreated extends Error {}

/**
 * Yields the jobs as JSON arrays, each small enough for one statement. In slices: there may be hundreds of large ones.
 */
async function* inParts(secrets: SecretBox, jobs: readonly NewJob[], around: Around): AsyncGenerator<string> {
  const slices = new Slices()
  let part: string[] = []
  let length = 0
  for (const [index, job] of jobs.entries()) {
    if (slices.due) await slices.next()
    const given = toGiven(secrets, job, around.ids[index] ?? null, around)
    if (part.length === MOST_JOBS || (part.length > 0 && length + given.definition.length > MOST_CHARACTERS)) {
      yield `[${part}]`
      part = []
      length = 0
    }
    part.push(JSON.stringify({ n: part.length + 1, ...given }))
    length += given.definition.length
  }
  yield `[${part}]`
}

interface Drawn {
  readonly pipelineId: number
  /** The jobs' ids in the given order; empty when no job names another. */
  readonly ids: readonly number[]
}

interface Around extends Drawn {
  /** The version in which its variables are stored. */
  readonly variablesVersion: number
}

/** Draws ids in advance when the pipeline has encrypted values, which need its id, or jobs that refer to each other. */
async function drawIds(db: Queryable, jobs: readonly NewJob[]): Promise<Drawn> {
  const named = jobs.some(({ waitsFor = [], fetchesFrom = [] }) => waitsFor.length + fetchesFrom.length > 0)
  const [drawn] = await db.query<{ pipeline: number; ids: number[] }>(
    {
      name: 'draw-ids',
      text: `select nextval('pipelines_id_seq')::integer as pipeline,
                    array(select nextval('jobs_id_seq')::integer from generate_series(1, $1::integer)) as ids`,
    },
    [named ? jobs.length : 0],
  )
  if (!drawn) throw new Error('a sequence returned no row')
  return { pipelineId: drawn.pipeline, ids: drawn.ids }
}

function toGiven(secrets: SecretBox, job: NewJob, id: number | null, { pipelineId, ids, variablesVersion }: Around) {
  const { name, definition, startIn = null } = job
  const { encrypted, version } = encryptDefinition(secrets, definition, { pipelineId, name })
  const [laneTags, digest] = laneParameters(definition.tags)
  return {
    ...givenValues(job, ids),
    given_id: id,
    lane_tags: laneTags,
    lane_digest: digest,
    start_in: startIn,
    definition: Buffer.from(encrypted).toString('base64'),
    version: Math.max(version, variablesVersion),
  }
}
