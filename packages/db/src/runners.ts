import type { RunnerStore } from '@yardmaster/domain/ports'
import type { Runner, RunnerAttributes, RunnerStatus } from '@yardmaster/domain/runners'
import { authenticator } from './authenticate.ts'
import { containing, type Database } from './database.ts'
import { managerStore } from './managers.ts'
import {
  OVERVIEW_COLUMNS,
  OVERVIEWS,
  type OverviewRow,
  RUNNER_COLUMNS,
  RUNNER_STATUS,
  type RunnerRow,
  type StatusCountRow,
  toOverview,
  toRunner,
} from './runner-row.ts'
import { SERVES_BY_TYPE } from './scope.ts'
import { assignments } from './set-clause.ts'

const CREATE = `
with created as (
  insert into runners as r (runner_type, registration_type, creation_state, token_digest, token_prefix, token_expires_at,
      group_id, name, description, maintenance_note, paused, locked, access_level, run_untagged, tags, maximum_timeout,
      cost_factor)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $18)
  returning ${RUNNER_COLUMNS}
), assigned as (
  insert into runner_projects (runner_id, project_id)
  select created.id, project_id from created, unnest($17::integer[]) as project_id
)
select * from created`

const COLUMNS: { readonly [Field in keyof RunnerAttributes]: string } = {
  description: 'description',
  maintenanceNote: 'maintenance_note',
  paused: 'paused',
  locked: 'locked',
  accessLevel: 'access_level',
  runUntagged: 'run_untagged',
  tagList: 'tags',
  maximumTimeout: 'maximum_timeout',
  costFactor: 'cost_factor',
}

const MATCHING = `($1::text is null or ${RUNNER_STATUS} = $1)
   and ($2::text is null or r.runner_type = $2)
   and ($3::boolean is null or r.paused = $3)
   and ($4::text is null or $4 = any (r.tags))
   and ($5::text is null or r.name ilike $5 or r.description ilike $5
        or exists (select from unnest(r.tags) as tag where tag ilike $5)
        or exists (select from runner_projects a join projects p on p.id = a.project_id
                    where a.runner_id = r.id and p.path ilike $5))`

const LIST = `
select ${OVERVIEW_COLUMNS}
  from ${OVERVIEWS}
 where ${MATCHING}
   and ($6::integer is null or r.id < $6)
 order by r.id desc
 limit $7`

// A runner without contact since `since` needs no wake-up: its queue value has expired (`docs/protocol/job-request.md
// 3`).
const DIGESTS_FOR = {
  name: 'runner-digests-for-job',
  text: `
select r.token_digest
  from projects p, runners r
 where p.id = $1
   and r.contacted_at >= $4
   and ($2 or r.access_level = 'not_protected')
   and $3::text[] <@ r.tags
   and (r.run_untagged or $3::text[] <> '{}')
   and ${SERVES_BY_TYPE}`,
}

const CANDIDATES = `
select ${OVERVIEW_COLUMNS}, ${SERVES_BY_TYPE} as in_scope, seen.features
  from ${OVERVIEWS}, projects p
 where p.id = $1
 order by in_scope desc, (select count(*) from unnest($2::text[]) as wanted where wanted <> all (r.tags)), r.id desc
 limit $3`

const COUNT = `select count(*)::int as runners from runners r where ${MATCHING}`

/** The parameters of `MATCHING`. */
const matching = ({ status, type, paused, tag, search }: Parameters<RunnerStore['count']>[0]): unknown[] => [
  status ?? null,
  type ?? null,
  paused ?? null,
  tag ?? null,
  search ? containing(search) : null,
]

export function runnerStore(db: Database): RunnerStore {
  async function one(sql: string, params: unknown[]): Promise<Runner | null> {
    const [row] = await db.query<RunnerRow>(sql, params)
    return row ? toRunner(row) : null
  }
  const get = (id: number) => one(`select ${RUNNER_COLUMNS} from runners r where r.id = $1`, [id])

  return {
    ...managerStore(db),
    authenticate: authenticator(db),

    async create(runner) {
      // Not read again: it may be removed at once.
      const [created] = await db.query<RunnerRow>(CREATE, [
        runner.runnerType,
        runner.registrationType,
        runner.creationState,
        runner.tokenDigest,
        runner.tokenPrefix,
        runner.tokenExpiresAt,
        runner.groupId,
        runner.name,
        runner.description,
        runner.maintenanceNote,
        runner.paused,
        runner.locked,
        runner.accessLevel,
        runner.runUntagged,
        runner.tagList,
        runner.maximumTimeout,
        runner.projectIds,
        runner.costFactor,
      ])
      if (!created) throw new Error('an insert returned no row')
      return { ...toRunner(created), projectIds: runner.projectIds.toSorted((a, b) => a - b) }
    },

    async find(id) {
      const [row] = await db.query<OverviewRow>(`select ${OVERVIEW_COLUMNS} from ${OVERVIEWS} where r.id = $1`, [id])
      return row ? toOverview(row) : null
    },

    async list({ before, limit, ...filter }) {
      const rows = await db.query<OverviewRow>(LIST, [...matching(filter), before ?? null, limit])
      return rows.map(toOverview)
    },

    async count(filter) {
      const [row] = await db.query<{ runners: number }>(COUNT, matching(filter))
      return row?.runners ?? 0
    },

    async descriptions(ids) {
      if (ids.length === 0) return new Map()
      const rows = await db.query<{ id: number; description: string | null }>(
        'select id, description from runners where id = any($1::integer[])',
        [ids],
      )
      return new Map(rows.map(({ id, description }) => [id, description]))
    },

    async update(id, changes) {
      const params: unknown[] = [id]
      const set = assignments(COLUMNS, changes, params)
      if (set === '') return get(id)
      return one(
        `with r as (update runners set ${set}, updated_at = now() where id = $1 returning *)
         select ${RUNNER_COLUMNS} from r`,
        params,
      )
    },

    replaceToken: ({ id, oldDigest }, token) =>
      one(
        `with r as (
           update runners set token_digest = $3, token_prefix = $4, token_expires_at = $5, updated_at = now()
            where id = $1
              and ($2::text is null
                   or token_digest = $2 and (token_expires_at is null or token_expires_at > now()))
           returning *)
         select ${RUNNER_COLUMNS} from r`,
        [id, oldDigest ?? null, token.digest, token.prefix, token.expiresAt],
      ),

    async tokenDigest(id) {
      const [row] = await db.query<{ token_digest: string }>('select token_digest from runners where id = $1', [id])
      return row?.token_digest ?? null
    },

    async remove(id, unlessChangedAfter) {
      const removed = await db.query(
        'delete from runners where id = $1 and ($2::timestamptz is null or updated_at <= $2) returning id',
        [id, unlessChangedAfter ?? null],
      )
      return removed.length > 0
    },

    async finishCreation(id) {
      await db.query("update runners set creation_state = 'finished' where id = $1 and creation_state = 'started'", [
        id,
      ])
    },

    async assignProject(id, projectId) {
      const assigned = await db.query(
        // No row for a runner that was removed a moment ago.
        `insert into runner_projects (runner_id, project_id)
         select r.id, $2 from runners r where r.id = $1 for key share
         on conflict do nothing returning runner_id`,
        [id, projectId],
      )
      return assigned.length > 0
    },

    async unassignProject(id, projectId) {
      const unassigned = await db.query(
        'delete from runner_projects where runner_id = $1 and project_id = $2 returning runner_id',
        [id, projectId],
      )
      return unassigned.length > 0
    },

    async digestsFor(scope, since) {
      const rows = await db.query<{ token_digest: string }>(DIGESTS_FOR, [
        scope.projectId,
        scope.protected,
        scope.tags,
        since,
      ])
      return rows.map((row) => row.token_digest)
    },

    async candidatesFor({ projectId, tags }, limit) {
      const rows = await db.query<OverviewRow & { in_scope: boolean; features: Record<string, unknown> | null }>(
        CANDIDATES,
        [projectId, tags, limit],
      )
      return rows.map((row) => ({ ...toOverview(row), inScope: row.in_scope, features: row.features }))
    },

    async countByStatus() {
      const rows = await db.query<StatusCountRow>(
        `select ${RUNNER_STATUS} as status, count(*)::int as runners from runners r group by 1`,
      )
      const counts: Record<RunnerStatus, number> = { online: 0, offline: 0, stale: 0, never_contacted: 0 }
      for (const { status, runners } of rows) counts[status] = runners
      return counts
    },
  }
}
