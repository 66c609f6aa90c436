import type { Deployment, Environment } from '@yardmaster/domain/environments'
import type { EnvironmentFilter, EnvironmentStore } from '@yardmaster/domain/ports'
import { containing, type Database } from './database.ts'
import { IS } from './job-statuses.ts'

const deployment = (job: string, pipeline: string): string =>
  `${job}.id as "jobId", ${job}.name as "jobName", ${job}.pipeline_id as "pipelineId", ${pipeline}.ref, ${pipeline}.tag,
   ${pipeline}.sha, ${job}.status, ${job}.started_at as "startedAt", ${job}.finished_at as "finishedAt"`

const DEPLOYMENT_FIELDS = [
  ...['jobId', 'jobName', 'pipelineId', 'ref', 'tag', 'sha', 'status', 'startedAt', 'finishedAt'],
] as readonly (keyof Deployment)[]

const prefixed = (prefix: string): string =>
  DEPLOYMENT_FIELDS.map((field) => `${prefix}."${field}" as "${prefix}_${field}"`).join(', ')

const STATE = `case when e.stopped_at is not null then 'stopped' when stopping.found then 'stopping' else 'available' end`

/** Not removed, or named again since. */
const EXISTS = '(e.removed_at is null or e.created_at > e.removed_at)'

// An attempt in a pipeline that was removed is not shown, and its job cannot be played any more.
const ENVIRONMENTS = `
select e.id, e.project_id as "projectId", p.path as "projectPath", e.name, e.slug, e.tier, ${STATE} as state, e.url,
       e.created_at as "createdAt", e.stopped_at as "stoppedAt", e.auto_stop_at as "autoStopAt",
       ${prefixed('last')}, ${prefixed('success')},
       stop.id as stop_id, stop.name as stop_name, stop.status as stop_status
  from environments e
  join projects p on p.id = e.project_id and p.deleted_at is null
 cross join lateral (
   select exists (select from jobs j
                   where j.project_id = e.project_id and j.environment = e.name and j.environment_action = 'stop'
                     and j.status in ${IS.underWay}) as found
 ) stopping
  left join lateral (
   select ${deployment('j', 'pl')}
     from jobs j join pipelines pl on pl.id = j.pipeline_id and pl.deleted_at is null
    where j.project_id = e.project_id and j.environment = e.name and j.environment_action = 'start'
      and j.started_at is not null and (e.removed_at is null or j.started_at > e.removed_at or j.id = e.deployed_by)
    order by j.started_at desc, j.id desc
    limit 1
 ) last on true
  left join lateral (
   select ${deployment('j', 'pl')}, j.on_stop
     from jobs j join pipelines pl on pl.id = j.pipeline_id and pl.deleted_at is null
    where j.id = e.deployed_by
 ) success on true
  left join lateral (
   select j.id, j.name, j.status
     from jobs j
    where j.pipeline_id = success."pipelineId" and j.name = success.on_stop and j.environment = e.name
      and j.environment_action = 'stop' and j.retried_by is null
 ) stop on true
 where ${EXISTS}`

type Prefixed<Prefix extends string> = { [Field in keyof Deployment as `${Prefix}_${Field}`]: Deployment[Field] | null }

type EnvironmentRow = Omit<Environment, 'lastDeployment' | 'lastSuccess' | 'stopJob'> &
  Prefixed<'last'> &
  Prefixed<'success'> & {
    readonly stop_id: number | null
    readonly stop_name: string | null
    readonly stop_status: NonNullable<Environment['stopJob']>['status'] | null
  }

function toDeployment(row: EnvironmentRow, prefix: 'last' | 'success'): Deployment | null {
  if (row[`${prefix}_jobId`] === null) return null
  return Object.fromEntries(
    DEPLOYMENT_FIELDS.map((field) => [field, row[`${prefix}_${field}`]]),
  ) as unknown as Deployment
}

function toEnvironment(row: EnvironmentRow): Environment {
  const { id, projectId, projectPath, name, slug, tier, state, url, createdAt, stoppedAt, autoStopAt } = row
  const { stop_id: stopId, stop_name: stopName, stop_status: stopStatus } = row
  return {
    ...{ id, projectId, projectPath, name, slug, tier, state, url, createdAt, stoppedAt, autoStopAt },
    lastDeployment: toDeployment(row, 'last'),
    lastSuccess: toDeployment(row, 'success'),
    stopJob:
      stopId === null || stopName === null || stopStatus === null
        ? null
        : { id: stopId, name: stopName, status: stopStatus },
  }
}

const MARK_STOPPED = {
  name: 'mark-environment-stopped',
  text: `
update environments
   set stopped_at = now(), auto_stop_at = null
 where id = $1 and stopped_at is null
   and not exists (select from jobs j join pipelines pl on pl.id = j.pipeline_id and pl.deleted_at is null
                    where j.id = environments.deployed_by and j.id is distinct from $2::integer)
returning id`,
}

const REMOVE = {
  name: 'remove-environment',
  text: `
update environments e
   set removed_at = greatest(now(), e.created_at), deployed_by = null
 where e.id = $1 and e.stopped_at is not null and ${EXISTS}
returning e.id`,
}

/** Reads environments. What jobs do to them is in the trigger `jobs_in_environments_changed` (migrations). */
export function environmentStore(db: Database): EnvironmentStore {
  return {
    async find(id) {
      const [row] = await db.query<EnvironmentRow>(
        { name: 'find-environment', text: `${ENVIRONMENTS} and e.id = $1` },
        [id],
      )
      return row ? toEnvironment(row) : null
    },

    async list(filter) {
      const { where, params } = conditions(filter)
      const text = `${ENVIRONMENTS} ${where} order by e.id desc limit $${params.push(filter.limit)}`
      return (await db.query<EnvironmentRow>(text, params)).map(toEnvironment)
    },

    async dueToStop({ after, until }, limit) {
      const rows = await db.query<{ id: number }>(
        `select e.id
           from environments e join projects p on p.id = e.project_id and p.deleted_at is null
          where e.auto_stop_at <= $1 and e.stopped_at is null and e.id > $2
          order by e.id limit $3`,
        [until, after, limit],
      )
      return rows.map(({ id }) => id)
    },

    markStopped: async ({ id, lastSuccess }) =>
      (await db.query(MARK_STOPPED, [id, lastSuccess?.jobId ?? null])).length > 0,

    remove: async (id) => (await db.query(REMOVE, [id])).length > 0,

    forgetAutoStop: async ({ id, autoStopAt }) =>
      (
        await db.query('update environments set auto_stop_at = null where id = $1 and auto_stop_at = $2 returning id', [
          id,
          autoStopAt,
        ])
      ).length > 0,
  }
}

function conditions(filter: EnvironmentFilter): { where: string; params: unknown[] } {
  const params: unknown[] = []
  const parts: string[] = []
  const add = (condition: string, value: unknown) => {
    if (value !== undefined) parts.push(`and ${condition} $${params.push(value)}`)
  }
  add('e.project_id =', filter.projectId)
  add(`${STATE} =`, filter.state)
  add('e.id <', filter.before)
  add('e.name ilike', filter.search === undefined ? undefined : containing(filter.search))
  return { where: parts.join(' '), params }
}
