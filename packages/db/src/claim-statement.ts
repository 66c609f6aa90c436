import type { RunnerType } from '@yardmaster/domain/runners'
import { BUSY, CLAIMED_COLUMNS, KEPT_COLUMNS, PROJECT_PREFIX, UPDATED_COLUMNS } from './claim-row.ts'
import type { Statement } from './database.ts'
import { KNOWN_VERSION } from './encrypted-values.ts'
import { jobView } from './job-row.ts'
import { statusAfter, statusesBefore } from './job-statuses.ts'
import { projectColumns } from './project-row.ts'
import { SERVES } from './scope.ts'

/**
 * Most candidates examined: more than there are concurrent claims, which otherwise would see only each other's locks.
 */
const CANDIDATES = 32

/** Counting stops at this number of jobs: it takes time, and busier projects need not be told apart. */
const BUSIEST = 1000

/**
 * The number of a project's jobs running on instance runners, which fair scheduling compares. The condition on the status
 * is that of the index for it, and fits no other index, whatever the planner knows of running jobs.
 */
const running = (project: string, most: number): string => `
  (select count(*)::int from (
     select from jobs x where x.project_id = ${project} and x.status || '' = 'running' and x.on_instance_runner limit ${most}
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

/** What the claims of a statement need not have in common. */
export interface Asker {
  readonly runner_id: number
  readonly manager_id: number | null
  readonly features: readonly string[]
  readonly token_digest: string
  readonly maximum_timeout: number | null
  readonly answers_hold: boolean
  /** Encrypted, in base64. */
  readonly session: string | null
}

const ASKER: { readonly [Column in keyof Asker]: string } = {
  runner_id: 'integer',
  manager_id: 'integer',
  features: 'text[]',
  token_digest: 'text',
  maximum_timeout: 'integer',
  answers_hold: 'boolean',
  session: 'text',
}
const ASKER_COLUMNS = Object.entries(ASKER) as [keyof Asker, string][]
/** The number of the first parameter that is the askers' own. */
const FIRST_OWN = 8

export type AskerCount = 'one' | 'several'

/**
 * Those who ask, numbered from 1, and what depends on how many they are. There is nearly always one: as parameters it
 * costs nothing, where a list has to be unpacked, counted and joined.
 */
const ASKERS: {
  readonly [Count in AskerCount]: { readonly askers: string; readonly most: string; readonly number: string }
} = {
  one: {
    askers: `not materialized (
  select 1 as number, ${ASKER_COLUMNS.map(([name, type], at) => `$${FIRST_OWN + at}::${type} as ${name}`).join(', ')}
)`,
    most: '1',
    number: '1',
  },
  several: {
    askers: `materialized (
  select *
    from rows from (jsonb_to_recordset($${FIRST_OWN}::jsonb) as (
      ${ASKER_COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')}
    )) with ordinality as asked (${Object.keys(ASKER).join(', ')}, number)
)`,
    most: '(select count(*) from askers)',
    number: 'row_number() over ()',
  },
}

/** Returns the parameters of a statement that are the askers' own: its last. */
export const askersAsParameters = (askers: readonly [Asker, ...Asker[]], count: AskerCount): readonly unknown[] =>
  count === 'one' ? ASKER_COLUMNS.map(([name]) => askers[0][name]) : [JSON.stringify(askers)]

const SESSION_KEPT = `, session_kept as (
  update job_secrets s set session = decode(checked.session, 'base64')
    from moved, checked
   where s.job_id = moved_id and checked.id = moved_id and refusal is null and checked.session is not null
)`

/** One statement for each variant; a connection prepares those that it uses. */
const STATEMENTS = new Map<string, Statement>()

/**
 * Returns the statement that claims a job for each of those who ask together: exactly one gets it, and no claim waits
 * for another.
 *
 * Lanes are chosen first, so jobs that do not match cost nothing. Then the first job of every lane orders the lanes:
 * the first n candidates can only be in the first n lanes, so at most n jobs of n lanes are sorted, however many are
 * pending. Candidates are tried in order, one lock at a time, until there is one for each asker: only claimed rows are
 * ever locked, never another claim's next choice. A row that vanished meanwhile is skipped like a locked one: every
 * step reads the same snapshot, which a concurrent claim may have made out of date.
 *
 * `checked` reads everything that the result needs, and `moved` returns only what the update changes: a wide row costs
 * as much as the search, and should be made once. Columns with known values on a freshly claimed job are left out.
 * Lookups by an array or with `offset 0` go by key, whatever the planner expects of the number of askers.
 */
export function claimStatement(
  type: RunnerType,
  order: 'fair' | 'fifo',
  count: AskerCount,
  withSession: boolean,
): Statement {
  const name = ['claim', type, order, count, withSession ? 'session' : ''].join('-')
  const present = STATEMENTS.get(name)
  if (present) return present
  const statement = { name, text: claimText(type, order, count, withSession) }
  STATEMENTS.set(name, statement)
  return statement
}

function claimText(type: RunnerType, order: 'fair' | 'fifo', count: AskerCount, withSession: boolean): string {
  const onInstanceRunner = type === 'instance_type'
  const asking = ASKERS[count]
  return `
with askers as ${asking.askers}, matching as materialized (${LANES[type]}
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
  select ${asking.number} as number, mine.*
    from (
      select mine.*
        from candidates c
       cross join lateral (
         select q.job_id, q.queued_at from pending_jobs q where q.job_id = c.job_id limit 1 for update skip locked
       ) mine
       limit ${asking.most}
    ) mine
), dequeued as (
  delete from pending_jobs where job_id = any (array(select job_id from locked))
), checked as materialized (
  select a.*, c.*
    from locked
    join askers a using (number)
   cross join lateral (
     select extract(epoch from now() - locked.queued_at)::float8 as seconds_in_queue,
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
            pl.variables as pipeline_variables, pl.from_fork, pl.ref, pl.tag, pl.sha, pl.protected,
            ${projectColumns(PROJECT_PREFIX)},
            ${KEPT_COLUMNS.map((name) => `j.${name}`).join(', ')}
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
   where j.id = any (array(select job_id from locked)) and j.id = checked.id and j.status in ${statusesBefore('run')}
  returning j.id as moved_id, ${UPDATED_COLUMNS.map((name) => `j.${name}`).join(', ')}
)${withSession ? SESSION_KEPT : ''}
select (select count(*)::int from candidates) as candidates,
       (select count(*)::int from locked) as locked,
       case when exists (select from candidates) then false else ${LEFT} end as left_to_newer, ${CLAIMED_COLUMNS.join(', ')}
  from (values (0)) as always
  left join (moved join checked on checked.id = moved_id) on true`
}

/** Returns the question whether a lane from which a runner may take jobs has any. */
export const anythingPending = (type: RunnerType): string => `
select exists (
  select from (${LANES[type]}) matching
   where exists (select from pending_jobs q where q.lane_id = matching.id)) as found`
