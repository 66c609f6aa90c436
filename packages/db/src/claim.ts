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
     and ($6::bigint is null or q.queued_at < now() - $6 * interval '1 second')
   order by q.job_id
   limit ${limit}`

const RUNNER = '(select $1::integer as id, $2::integer as group_id) r'
const FITS = "l.tags <@ $3::text[] and ($4 or l.tags <> '{}') and ($5 or l.protected)"

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
  select lane_id, project_id, load
    from (
      select project_id, array_agg(lane_id) as lanes, array_agg(job_id) as jobs,
             case when count(*) over () > 1 then ${running('heads.project_id', BUSIEST)} else 0 end as load
        from heads group by project_id
    ) projects, unnest(lanes, jobs) as head (lane_id, job_id)
   order by load, job_id limit ${CANDIDATES}`,
  fifo: `
  select lane_id, 0 as load from heads order by job_id limit ${CANDIDATES}`,
}

/** Each job that is taken counts as running for those after it, so that a group takes them in turns. */
const LOAD: { readonly [Order in 'fair' | 'fifo']: string } = {
  fair: 'load + row_number() over (partition by project_id order by next.job_id)',
  fifo: 'load',
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
  update job_secrets s set session = decode(moved.session, 'base64')
    from moved where s.job_id = moved.id and moved.refusal is null and moved.session is not null
)`

/** Those who ask together, numbered from 1. They differ in nothing that decides which jobs fit. */
const ASKERS = `
  select *
    from rows from (jsonb_to_recordset($8::jsonb) as (
      runner_id integer, manager_id integer, features text[], token_digest text, maximum_timeout integer,
      answers_hold boolean, session text
    )) with ordinality
      as asked (runner_id, manager_id, features, token_digest, maximum_timeout, answers_hold, session, number)`

/**
 * Claims a job for each of those who ask together, in one statement: exactly one gets it, and no claim waits for
 * another.
 *
 * Lanes are chosen first, so jobs that do not match cost nothing. Then the first job of every lane orders the lanes:
 * the first n candidates can only be in the first n lanes, so at most n jobs of n lanes are sorted, however many are
 * pending. Candidates are tried in order, one lock at a time, until there is one for each asker: only claimed rows are
 * ever locked, never another claim's next choice. A row that vanished meanwhile is skipped like a locked one: every
 * step reads the same snapshot, which a concurrent claim may have made out of date.
 *
 * `checked` reads everything that the result needs, because `moved` can return it beside the new row at no cost.
 * Columns with known values on a freshly claimed job (`FRESH`) are left out: a wide row costs as much as the search.
 * Lookups by an array or with `offset 0` go by key, whatever the planner expects of the number of askers.
 */
function claimStatement(type: RunnerType, order: 'fair' | 'fifo', withSession: boolean): Statement {
  const onInstanceRunner = type === 'instance_type'
  return {
    name: ['claim', type, order, withSession ? 'session' : ''].join('-'),
    text: `
with askers as materialized (${ASKERS}
), matching as materialized (${LANES[type]}
), heads as materialized (
  select matching.id as lane_id, project_id, head.job_id
    from matching cross join lateral (${firstInLane('matching.id', 1)}) head
   where ${READABLE}
), first_lanes as materialized (${FIRST_LANES[order]}
), candidates as materialized (
  select next.job_id, ${LOAD[order]} as turn
    from first_lanes cross join lateral (${firstInLane('first_lanes.lane_id', CANDIDATES)}) next
   order by turn, next.job_id
   limit ${CANDIDATES}
), locked as materialized (
  select row_number() over () as number, mine.*
    from (
      select mine.*
        from candidates c
       cross join lateral (
         select q.job_id, q.queued_at from pending_jobs q where q.job_id = c.job_id limit 1 for update skip locked
       ) mine
       limit (select count(*) from askers)
    ) mine
), dequeued as (
  delete from pending_jobs where job_id = any (array(select job_id from locked))
), checked as materialized (
  select a.*, c.*
    from locked
    join askers a using (number)
   cross join lateral (
     select j.id as job_id,
            extract(epoch from now() - locked.queued_at)::float8 as seconds_in_queue,
            j.timeout as own_timeout,
            least(coalesce(j.timeout, p.timeout), a.maximum_timeout) as effective_timeout,
            case when a.maximum_timeout < coalesce(j.timeout, p.timeout) then 'runner'
                 when j.timeout is null then 'project'
                 else 'job' end as effective_source,
            case when exists (select from unnest(j.dependencies) as wanted (id)
                                left join lateral (select * from jobs where id = wanted.id offset 0) d on true
                               where d.id is null or d.erased_at is not null or d.artifacts_expire_at <= now())
                   then 'missing_dependency_failure'
                 when not j.required_features <@ a.features then 'runner_unsupported'
                 when pl.created_at < now() - $7::bigint * interval '1 second' then 'archived_failure'
                 when p.deleted_at is not null then 'project_deleted'
                 when not p.ci_enabled then 'builds_disabled'
                 else j.environment_refusal end as refusal,
            ${onInstanceRunner ? running('j.project_id', BUSY) : '0'} as running_before,
            s.definition, pl.iid as pipeline_iid, pl.source as pipeline_source, pl.created_at as pipeline_created_at,
            pl.variables as pipeline_variables, pl.ref, pl.tag, pl.sha, pl.protected, ${projectColumns('project__')}
       from ${jobView('(select * from jobs where id = locked.job_id offset 0)')}
      cross join lateral (select definition from job_secrets where job_id = locked.job_id offset 0) s
     offset 0
   ) c
), moved as (
  update jobs j
     set status = case when refusal is null then ${statusAfter('run', 'running')}
                       else ${statusAfter('reject', 'failed')} end,
         failure_reason = refusal,
         runner_id = checked.runner_id,
         manager_id = checked.manager_id,
         on_instance_runner = ${onInstanceRunner},
         answered_hold = checked.answers_hold,
         token_digest = case when refusal is null then checked.token_digest end,
         timeout = case when refusal is null then effective_timeout else j.timeout end,
         timeout_source = case when refusal is null then effective_source end,
         started_at = case when refusal is null then now() end,
         finished_at = case when refusal is null then null else now() end,
         updated_at = now()
    from checked
   where j.id = any (array(select job_id from locked)) and j.id = checked.job_id and j.status in ${statusesBefore('run')}
  returning ${TAKEN_COLUMNS}, checked.*
)${withSession ? SESSION_KEPT : ''}
select (select count(*)::int from candidates) as candidates,
       (select count(*)::int from locked) as locked,
       case when exists (select from candidates) then false else ${LEFT} end as left_to_newer, moved.*
  from (values (0)) as always
  left join moved on true`,
  }
}

/** What chooses the lanes of a claim: its first parameters. */
const laneParameters = ({ runner }: Claim) => [
  runner.id,
  runner.groupId,
  runner.tagList,
  runner.runUntagged,
  runner.accessLevel === 'not_protected',
]

/** Whether a lane from which a runner may take jobs has any. */
const anythingPending = (type: RunnerType): string => `
select exists (
  select from (${LANES[type]}) matching
   where exists (select from pending_jobs q where q.lane_id = matching.id)) as found`

/**
 * PGlite plans every statement again, so a claim costs 5 ms even when nothing is pending, which is the usual case. This
 * check costs a tenth of that. On PostgreSQL the claim is prepared.
 */
async function isAnythingPending(db: Queryable, claim: Claim): Promise<boolean> {
  const [row] = await db.query<{ found: boolean }>(anythingPending(claim.runner.runnerType), laneParameters(claim))
  return row?.found ?? false
}

/** One statement for each variant; a connection prepares those that it uses. */
const CLAIMS = new Map<string, Statement>()

function statementFor({ runner: { runnerType }, fairScheduling }: Claim, withSession: boolean): Statement {
  const order = runnerType === 'instance_type' && fairScheduling ? 'fair' : 'fifo'
  const key = `${runnerType} ${order} ${withSession}`
  const present = CLAIMS.get(key)
  if (present) return present
  const statement = claimStatement(runnerType, order, withSession)
  CLAIMS.set(key, statement)
  return statement
}

type TakenRow = Omit<JobRow, keyof typeof FRESH | (typeof CLAIMED)[number] | 'project_path'> & {
  [Column in keyof ProjectRow as `project__${Column}`]: ProjectRow[Column]
} & {
  number: number
  candidates: number
  locked: number
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

type NothingRow = { number: null; candidates: number; locked: number; left_to_newer: boolean }

/** The outcome of one of the claims that were made together; `again` when it should look again at once. */
type OutcomeTogether = ClaimOutcome | { readonly kind: 'again' }

/**
 * Claims a job for each of those who ask. They must be of one kind (`kindOfClaim`).
 *
 * @returns their outcomes, in their order. One job that can't be read does not concern the others.
 */
export async function claimJobs(
  db: Database,
  secrets: SecretBox,
  claims: readonly [Claim, ...Claim[]],
): Promise<readonly PromiseSettledResult<OutcomeTogether>[]> {
  const [first] = claims
  if (db.kind === 'pglite' && !(await isAnythingPending(db, first))) {
    return claims.map(() => ({ status: 'fulfilled', value: { kind: 'none' } }))
  }
  const withSession = claims.some(({ session }) => session !== null)
  const rows = await db.query<TakenRow | NothingRow>(statementFor(first, withSession), [
    ...laneParameters(first),
    first.jobAge,
    first.archiveAfter,
    JSON.stringify(claims.map((claim) => askerOf(secrets, claim))),
  ])
  const taken = new Map(rows.map((row) => [Number(row.number), row]))
  if (first.runner.runnerType === 'instance_type') countEarlier(rows)
  return await Promise.allSettled(
    claims.map(async (claim, index) => {
      const row = taken.get(index + 1)
      return row && row.number !== null
        ? await outcomeOf(db, secrets, claim, row)
        : outcomeWithoutJob(rows[0] ?? NOTHING, index)
    }),
  )
}

/** Adds the jobs that others of the group have just got to what ran before, as if they had come one by one. */
function countEarlier(rows: readonly (TakenRow | NothingRow)[]): void {
  const earlier = new Map<number, number>()
  for (const row of rows.toSorted((a, b) => Number(a.number) - Number(b.number))) {
    if (row.number === null || row.refusal !== null) continue
    const count = earlier.get(row.project_id) ?? 0
    row.running_before = Math.min(BUSY, row.running_before + count)
    earlier.set(row.project_id, count + 1)
  }
}

const askerOf = (secrets: SecretBox, claim: Claim) => ({
  runner_id: claim.runner.id,
  manager_id: claim.managerId,
  features: claim.features,
  token_digest: claim.tokenDigest,
  maximum_timeout: claim.runner.maximumTimeout,
  answers_hold: claim.answersHold,
  session: claim.session && Buffer.from(encryptSession(secrets, claim.session, claim.tokenDigest)).toString('base64'),
})

const NOTHING: NothingRow = { number: null, candidates: 0, locked: 0, left_to_newer: false }

/** Decides what an asker gets for whom there was no job. */
function outcomeWithoutJob(
  { candidates, locked, left_to_newer }: TakenRow | NothingRow,
  index: number,
): OutcomeTogether {
  if (candidates === 0) return { kind: left_to_newer ? 'left' : 'none' }
  // Its job was no longer pending, or the others took all; either way the queue is shorter than before.
  if (index < locked || locked === candidates) return { kind: 'again' }
  return { kind: 'locked' }
}

async function outcomeOf(db: Database, secrets: SecretBox, claim: Claim, row: TakenRow): Promise<ClaimOutcome> {
  if (row.refusal === null) return await readTaken(db, secrets, claim, row)
  return { kind: 'rejected', jobId: row.id, reason: row.refusal, remaining: row.candidates - row.locked }
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
    return taken ? { kind: 'taken', taken } : { kind: 'damaged', jobId: row.id, remaining: row.candidates - row.locked }
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
