import { NewerFormError } from '@yardmaster/common'
import type { Claim, ClaimOutcome, TakenJob } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import type { RunnerType } from '@yardmaster/domain/runners'
import { readOrDamaged } from './damage.ts'
import type { Database, Queryable, Statement } from './database.ts'
import { decryptDefinition, decryptPipelineVariables, encryptSession, KNOWN_VERSION } from './encrypted-values.ts'
import { SHOWN_COLUMNS } from './job-columns.ts'
import { type JobRow, jobView, toJob } from './job-row.ts'
import { statusAfter, statusesBefore } from './job-statuses.ts'
import { type ProjectRow, projectColumns, toProject } from './project-row.ts'
import { SERVES } from './scope.ts'
import type { SecretBox } from './secrets.ts'

/**
 * Most candidates examined: more than there are concurrent claims, which otherwise would see only each other's locks.
 */
const CANDIDATES = 32

/** Counting stops at this number of jobs: it takes time, and busier projects need not be told apart. */
const BUSIEST = 1000
/** The payload's count only feeds statistics of the runner. */
const BUSY = 100

/** The number of a project's jobs running on instance runners, which fair scheduling compares. */
const running = (project: string, most: number): string => `
  (select count(*)::int from (
     select from jobs x where x.project_id = ${project} and x.status = 'running' and x.on_instance_runner limit ${most}
   ) running)`

const firstInLane = (lane: string, limit: number): string => `
  select q.job_id
    from pending_jobs q
   where q.lane_id = ${lane} and q.version <= ${KNOWN_VERSION}
     and ($4::bigint is null or q.queued_at < now() - $4 * interval '1 second')
   order by q.job_id
   limit ${limit}`

const RUNNER = '(select $1::integer as id, $7::integer as group_id) r'
const FITS = "l.tags <@ $8::text[] and ($9 or l.tags <> '{}') and ($10 or l.protected)"

const lanesByTags = (type: RunnerType): string => `
  select l.id, l.project_id
    from ${RUNNER}, lanes l
   where ${FITS}
     and (select ${SERVES[type]} from projects p where p.id = l.project_id)`

/**
 * Selects the lanes from which a runner may take jobs: by their tags, or by their project when the runner serves few.
 * The subqueries prevent plans that read all projects or all lanes.
 */
const LANES: { readonly [Type in RunnerType]: string } = {
  instance_type: lanesByTags('instance_type'),
  group_type: lanesByTags('group_type'),
  project_type: `
  select l.id, l.project_id
    from ${RUNNER}
    join runner_projects a on a.runner_id = r.id
   cross join lateral (select * from lanes where project_id = a.project_id offset 0) l
   where ${FITS}`,
}

/**
 * Whether this release can read what a lane's project gives its jobs. The unreadable projects are selected once, and
 * there are hardly ever any: a lookup per lane made a claim a third slower when there were thousands of lanes.
 */
const READABLE = `
  matching.project_id <> all (array(select id from projects where variables_version > ${KNOWN_VERSION}))`

/** Whether a lane from which a runner may take jobs has one that only a newer release can read. */
const LEFT = `
  exists (select from matching
           where exists (select from pending_jobs q
                          where q.lane_id = matching.id and (q.version > ${KNOWN_VERSION} or not ${READABLE})))`

/** The lanes of the first candidates. */
const FIRST_LANES: { readonly [Order in 'fair' | 'fifo']: string } = {
  fair: `
  select lane_id, load
    from (
      select array_agg(lane_id) as lanes, array_agg(job_id) as jobs,
             case when count(*) over () > 1 then ${running('heads.project_id', BUSIEST)} else 0 end as load
        from heads group by project_id
    ) projects, unnest(lanes, jobs) as head (lane_id, job_id)
   order by load, job_id limit ${CANDIDATES}`,
  fifo: `
  select lane_id, 0 as load from heads order by job_id limit ${CANDIDATES}`,
}

/** Columns that always have these values on a freshly claimed job. */
const FRESH = {
  status: 'running',
  failure_reason: null,
  exit_code: null,
  start_at: null,
  debug_trace: false,
  finished_at: null,
  erased_at: null,
  log_removed_at: null,
  artifacts_expire_at: null,
  trace_size: 0,
  trace_crc: null,
  trace_invalid: false,
  trace_corrupted: false,
  retried_by: null,
} as const satisfies Partial<JobRow>

/** Columns of a freshly claimed job whose values the claim itself determines. */
const CLAIMED = ['runner_id', 'manager_id', 'updated_at'] as const

const TAKEN_COLUMNS = SHOWN_COLUMNS.filter((name) => !(name in FRESH) && !CLAIMED.some((claimed) => claimed === name))
  .map((name) => `j.${name}`)
  .join(', ')

const SESSION_KEPT = `, session_kept as (
  update job_secrets s set session = $13 from moved where s.job_id = moved.id and moved.refusal is null
)`

/**
 * Claims a job in one statement: exactly one runner gets it, and no claim waits for another.
 *
 * Lanes are chosen first, so jobs that do not match cost nothing. Then the first job of every lane orders the lanes:
 * the first n candidates can only be in the first n lanes, so at most n jobs of n lanes are sorted, however many are
 * pending. Candidates are tried in order, one lock at a time, until one succeeds: only the claimed row is ever locked,
 * never another claim's next choice. A row that vanished meanwhile is skipped like a locked one: every step reads the
 * same snapshot, which a concurrent claim may have made out of date.
 *
 * `checked` reads everything that the result needs, because `moved` can return it beside the new row at no cost.
 * Columns with known values on a freshly claimed job (`FRESH`) are left out: a wide row costs as much as the search.
 */
function claimStatement(type: RunnerType, order: 'fair' | 'fifo', withSession: boolean): Statement {
  const onInstanceRunner = type === 'instance_type'
  return {
    name: ['claim', type, order, withSession ? 'session' : ''].join('-'),
    text: `
with matching as materialized (${LANES[type]}
), heads as materialized (
  select matching.id as lane_id, project_id, head.job_id
    from matching cross join lateral (${firstInLane('matching.id', 1)}) head
   where ${READABLE}
), first_lanes as materialized (${FIRST_LANES[order]}
), candidates as materialized (
  select next.job_id, load
    from first_lanes cross join lateral (${firstInLane('first_lanes.lane_id', CANDIDATES)}) next
   order by load, next.job_id
   limit ${CANDIDATES}
), locked as materialized (
  select mine.*
    from candidates c
   cross join lateral (
     select q.job_id, q.queued_at from pending_jobs q where q.job_id = c.job_id limit 1 for update skip locked
   ) mine
   limit 1
), dequeued as (
  delete from pending_jobs where job_id = (select job_id from locked)
), checked as materialized (
  select j.id as job_id,
         extract(epoch from now() - (select queued_at from locked))::float8 as seconds_in_queue,
         j.timeout as own_timeout,
         least(coalesce(j.timeout, p.timeout), $11::integer) as effective_timeout,
         case when $11::integer < coalesce(j.timeout, p.timeout) then 'runner'
              when j.timeout is null then 'project'
              else 'job' end as effective_source,
         case when exists (select from unnest(j.dependencies) as wanted (id)
                             left join jobs d on d.id = wanted.id
                            where d.id is null or d.erased_at is not null or d.artifacts_expire_at <= now())
                then 'missing_dependency_failure'
              when not j.required_features <@ $3::text[] then 'runner_unsupported'
              when pl.created_at < now() - $6::bigint * interval '1 second' then 'archived_failure'
              when p.deleted_at is not null then 'project_deleted'
              when not p.ci_enabled then 'builds_disabled'
              else j.environment_refusal end as refusal,
         ${onInstanceRunner ? running('j.project_id', BUSY) : '0'} as running_before,
         s.definition, pl.iid as pipeline_iid, pl.source as pipeline_source, pl.created_at as pipeline_created_at,
         pl.variables as pipeline_variables, pl.ref, pl.tag, pl.sha, pl.protected, ${projectColumns('project__')}
    from ${jobView()}
   cross join job_secrets s
   where j.id = (select job_id from locked) and s.job_id = (select job_id from locked)
), moved as (
  update jobs j
     set status = case when refusal is null then ${statusAfter('run', 'running')}
                       else ${statusAfter('reject', 'failed')} end,
         failure_reason = refusal,
         runner_id = $1,
         manager_id = $2,
         on_instance_runner = ${onInstanceRunner},
         answered_hold = $12,
         token_digest = case when refusal is null then $5 end,
         timeout = case when refusal is null then effective_timeout else j.timeout end,
         timeout_source = case when refusal is null then effective_source end,
         started_at = case when refusal is null then now() end,
         finished_at = case when refusal is null then null else now() end,
         updated_at = now()
    from checked
   where j.id = (select job_id from locked) and j.status in ${statusesBefore('run')}
  returning ${TAKEN_COLUMNS}, checked.*
)${withSession ? SESSION_KEPT : ''}
select (select count(*)::int from candidates) as candidates,
       case when exists (select from candidates) then false else ${LEFT} end as left_to_newer, moved.*
  from (values (0)) as always
  left join moved on true`,
  }
}

/** The parameters of a claim that choose lanes, in this order. */
const LANE_PARAMETERS = [1, 7, 8, 9, 10]

/** Whether a lane from which a runner may take jobs has any. */
const anythingPending = (type: RunnerType): string => `
select exists (
  select from (${LANES[type].replaceAll(/\$(\d+)/g, (_, number) => `$${LANE_PARAMETERS.indexOf(Number(number)) + 1}`)}) matching
   where exists (select from pending_jobs q where q.lane_id = matching.id)) as found`

/**
 * PGlite plans every statement again, so a claim costs 5 ms even when nothing is pending, which is the usual case. This
 * check costs a tenth of that. On PostgreSQL the claim is prepared.
 */
async function isAnythingPending(db: Queryable, { runner }: Claim): Promise<boolean> {
  const [row] = await db.query<{ found: boolean }>(anythingPending(runner.runnerType), [
    runner.id,
    runner.groupId,
    runner.tagList,
    runner.runUntagged,
    runner.accessLevel === 'not_protected',
  ])
  return row?.found ?? false
}

/** One statement for each variant; a connection prepares those that it uses. */
const CLAIMS = new Map<string, Statement>()

function statementFor({ runner: { runnerType }, fairScheduling, session }: Claim): Statement {
  const order = runnerType === 'instance_type' && fairScheduling ? 'fair' : 'fifo'
  const key = `${runnerType} ${order} ${session !== null}`
  const present = CLAIMS.get(key)
  if (present) return present
  const statement = claimStatement(runnerType, order, session !== null)
  CLAIMS.set(key, statement)
  return statement
}

type TakenRow = Omit<JobRow, keyof typeof FRESH | (typeof CLAIMED)[number] | 'project_path'> & {
  [Column in keyof ProjectRow as `project__${Column}`]: ProjectRow[Column]
} & {
  candidates: number
  left_to_newer: boolean
  refusal: string | null
  started_at: Date
  own_timeout: number | null
  seconds_in_queue: number
  definition: Uint8Array
  pipeline_iid: number
  pipeline_source: string
  pipeline_created_at: Date
  pipeline_variables: Uint8Array | null
  running_before: number
}

type NothingRow = { candidates: number; left_to_newer: boolean; id: null }

/** @see {@link import('@yardmaster/domain').JobStore.claim} */
export async function claimJob(db: Database, secrets: SecretBox, claim: Claim): Promise<ClaimOutcome> {
  const { runner } = claim
  if (db.kind === 'pglite' && !(await isAnythingPending(db, claim))) return { kind: 'none' }
  const [row] = await db.query<TakenRow | NothingRow>(statementFor(claim), [
    runner.id,
    claim.managerId,
    claim.features,
    claim.jobAge,
    claim.tokenDigest,
    claim.archiveAfter,
    runner.groupId,
    runner.tagList,
    runner.runUntagged,
    runner.accessLevel === 'not_protected',
    runner.maximumTimeout,
    claim.answersHold,
    ...(claim.session ? [encryptSession(secrets, claim.session, claim.tokenDigest)] : []),
  ])
  if (!row || row.candidates === 0) return { kind: row?.left_to_newer ? 'left' : 'none' }
  if (row.id === null) return { kind: 'locked' }
  if (row.refusal !== null) {
    return { kind: 'rejected', jobId: row.id, reason: row.refusal, remaining: row.candidates - 1 }
  }
  return await readTaken(db, secrets, claim, row)
}

async function readTaken(db: Database, secrets: SecretBox, claim: Claim, row: TakenRow): Promise<ClaimOutcome> {
  let part: 'project' | 'job' = 'project'
  const read = () => {
    const project = toProject(secrets, projectPart(row))
    part = 'job'
    return toTaken(secrets, claim, row, project)
  }
  try {
    const taken = await readOrDamaged(db, secrets, read)
    return taken ? { kind: 'taken', taken } : { kind: 'damaged', jobId: row.id, remaining: row.candidates - 1 }
  } catch (error) {
    if (!(error instanceof NewerFormError)) throw error
    return { kind: 'newer', jobId: row.id, part, version: error.version, timeout: row.own_timeout }
  }
}

function toTaken(secrets: SecretBox, { runner, managerId }: Claim, row: TakenRow, project: Project): TakenJob {
  return {
    job: toJob({
      ...row,
      ...FRESH,
      project_path: row.project__path,
      runner_id: runner.id,
      manager_id: managerId,
      updated_at: row.started_at,
    }),
    definition: decryptDefinition(secrets, row.definition, { pipelineId: row.pipeline_id, name: row.name }),
    project,
    pipeline: {
      id: row.pipeline_id,
      iid: row.pipeline_iid,
      source: row.pipeline_source,
      createdAt: row.pipeline_created_at,
      variables: decryptPipelineVariables(secrets, row.pipeline_variables, row.pipeline_id),
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
