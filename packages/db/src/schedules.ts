import type { ScheduleStore } from '@yardmaster/domain/ports'
import type { Schedule, StoredScheduleChanges, TakenSchedule } from '@yardmaster/domain/schedules'
import { hasAllowedFailures } from './composite-status.ts'
import { readOrNewer } from './damage.ts'
import type { Database } from './database.ts'
import { drawId } from './draw-id.ts'
import {
  decryptScheduleConfiguration,
  decryptScheduleVariables,
  encryptScheduleConfiguration,
  encryptScheduleVariables,
} from './encrypted-values.ts'
import type { SecretBox } from './secrets.ts'
import { assignments } from './set-clause.ts'

interface ScheduleRow extends Omit<Schedule, 'lastPipeline'> {
  readonly pipelineId: number | null
  readonly pipelineStatus: NonNullable<Schedule['lastPipeline']>['status']
  readonly hasAllowedFailures: boolean
}

const SELECT = `
select s.id, s.project_id as "projectId", p.path as "projectPath", s.description, s.cron, s.time_zone as "timeZone",
       s.ref, s.tag, s.sha, s.active, s.created_by as "createdBy", s.created_at as "createdAt",
       s.updated_at as "updatedAt", s.next_run_at as "nextRunAt", s.last_run_at as "lastRunAt", s.failures,
       s.last_failure as "lastFailure", pl.id as "pipelineId", pl.status as "pipelineStatus",
       ${hasAllowedFailures('pl.id')} as "hasAllowedFailures", p.ci_enabled as "ciEnabled"`
const FROM = `
  join projects p on p.id = s.project_id and p.deleted_at is null
  left join pipelines pl on pl.id = s.last_pipeline_id and pl.deleted_at is null`

const SCHEDULES = `${SELECT} from schedules s ${FROM}`

/** The lease is by the database's clock, as all processes have it. */
const TAKE_DUE = {
  name: 'take-due-schedules',
  text: `
with s as (
  update schedules set taken_until = now() + $3::float8 * interval '1 millisecond'
   where id in (select due.id
                  from schedules due
                  join projects p on p.id = due.project_id and p.deleted_at is null
                 where due.active and due.next_run_at <= $1
                   and (due.taken_until is null or due.taken_until <= now())
                 order by due.next_run_at, due.id
                 limit $2
                   for update of due skip locked)
  returning *
)
${SELECT} from s ${FROM} order by s.next_run_at, s.id`,
}

const CHANGEABLE = {
  description: 'description',
  cron: 'cron',
  timeZone: 'time_zone',
  ref: 'ref',
  tag: 'tag',
  sha: 'sha',
  active: 'active',
  nextRunAt: 'next_run_at',
  failures: 'failures',
  lastFailure: 'last_failure',
  variables: 'variables',
  configuration: 'configuration',
} as const satisfies { readonly [Field in keyof StoredScheduleChanges]-?: string }

type Columns = { [Field in keyof typeof CHANGEABLE]?: unknown }

const toSchedule = <Row extends ScheduleRow>({ pipelineId, pipelineStatus, hasAllowedFailures, ...row }: Row) => ({
  ...row,
  lastPipeline: pipelineId === null ? null : { id: pipelineId, status: pipelineStatus, hasAllowedFailures },
})

/** Returns the first row without what only a taken schedule has. */
function firstOf(rows: readonly (ScheduleRow & { readonly ciEnabled: boolean })[]): Schedule | null {
  const [row] = rows
  if (!row) return null
  const { ciEnabled: _, ...schedule } = toSchedule(row)
  return schedule
}

export function scheduleStore(db: Database, secrets: SecretBox): ScheduleStore {
  type Row = ScheduleRow & { readonly ciEnabled: boolean }
  const find = async (id: number) => firstOf(await db.query<Row>(`${SCHEDULES} where s.id = $1`, [id]))

  return {
    find,

    async create({ configuration, variables, ...given }) {
      const id = await drawId(db, 'schedules')
      // A removal of the project waits for the lock, and then deletes this schedule as well.
      await db.query(
        `insert into schedules (id, project_id, description, cron, time_zone, ref, tag, sha, active, created_by,
                                next_run_at, variables, configuration)
         overriding system value
         select $1::integer, p.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
           from (select id from projects where id = $2 and deleted_at is null for share) p`,
        [
          id,
          given.projectId,
          given.description,
          given.cron,
          given.timeZone,
          given.ref,
          given.tag,
          given.sha,
          given.active,
          given.createdBy,
          given.nextRunAt,
          encryptScheduleVariables(secrets, variables, id),
          encryptScheduleConfiguration(secrets, configuration, id),
        ],
      )
      return await find(id)
    },

    async list({ projectId, before, limit }) {
      const rows = await db.query<Row>(
        `${SCHEDULES}
          where ($1::integer is null or s.project_id = $1) and ($2::integer is null or s.id < $2)
          order by s.id desc limit $3`,
        [projectId ?? null, before ?? null, limit],
      )
      return rows.map(({ ciEnabled: _, ...row }) => toSchedule(row))
    },

    async contents(id) {
      const [row] = await db.query<{ variables: Uint8Array | null; configuration: Uint8Array }>(
        'select variables, configuration from schedules where id = $1',
        [id],
      )
      if (!row) return null
      return await readOrNewer(db, secrets, () => ({
        variables: decryptScheduleVariables(secrets, row.variables, id),
        configuration: decryptScheduleConfiguration(secrets, row.configuration, id),
      }))
    },

    async update(id, { variables, configuration, ...rest }) {
      const params: unknown[] = [id]
      const set = assignments<Columns>(
        CHANGEABLE,
        {
          ...rest,
          ...(variables && { variables: encryptScheduleVariables(secrets, variables, id) }),
          ...(configuration && { configuration: encryptScheduleConfiguration(secrets, configuration, id) }),
        },
        params,
      )
      if (set !== '') await db.query(`update schedules set ${set}, updated_at = now() where id = $1`, params)
      return await find(id)
    },

    async remove(id) {
      return (await db.query('delete from schedules where id = $1 returning id', [id])).length > 0
    },

    async takeDue({ now, limit, leaseMs }) {
      const rows = await db.query<Row & { readonly nextRunAt: Date }>(TAKE_DUE, [now, limit, leaseMs])
      return rows.map((row): TakenSchedule => toSchedule(row))
    },

    async noteRun(id, { dueAt, nextRunAt, runAt, failures, lastFailure, active }) {
      await db.query(
        `update schedules set next_run_at = $3, last_run_at = coalesce($4, last_run_at), failures = $5,
                              last_failure = $6, active = active and $7, taken_until = null
          where id = $1 and next_run_at = $2`,
        [id, dueAt, nextRunAt, runAt, failures, lastFailure, active],
      )
    },
  }
}
