import { digestOf, newRegistrationToken } from '@yardmaster/domain'
import type { ProjectStore } from '@yardmaster/domain/ports'
import {
  checkoutPath,
  isHttp,
  type ProjectChanges,
  type ProjectRepository,
  urlOfRepository,
} from '@yardmaster/domain/projects'
import { containing, type Database, isUniqueViolation, type Queryable } from './database.ts'
import { drawId } from './draw-id.ts'
import { encryptProjectVariables, encryptRepository } from './encrypted-values.ts'
import { ensureGroup } from './groups.ts'
import { removeOwnRepository } from './own-repositories.ts'
import { type GroupRow, type ProjectRow, projectColumns, showGroup, showProject } from './project-row.ts'
import { SERVES_BY_TYPE } from './scope.ts'
import { encryptNullable, placeOf, type SecretBox } from './secrets.ts'
import { assignments } from './set-clause.ts'
import { writeStatusTarget } from './status-targets.ts'

const SELECT = `select ${projectColumns()} from projects p where p.deleted_at is null`
/** A page of a list reads this many bytes of variables, and then those of one more project. */
const PAGE_BYTES = 1_048_576

const LIST = `
with found as (
  select p.id, coalesce(octet_length(p.variables), 0) as size
    from projects p
   where p.deleted_at is null
     and ($1::text is null or p.path ilike $1 or p.name ilike $1)
     and ($2::integer is null or p.id < $2)
     and ($3::integer[] is null or p.id = any($3))
   order by p.id desc
   limit $4 + 1
), summed as (
  select id, sum(size) over (order by id desc) - size as before_it, row_number() over (order by id desc) as n,
         count(*) over () as found
    from found
)
select ${projectColumns()}, s.found::integer
  from summed s join projects p using (id)
 where s.before_it < ${PAGE_BYTES} and s.n <= $4
 order by p.id desc`

const SELECT_GROUP = 'select id, path, parent_id, registration_token from groups'

const SERVING_DIGESTS = `
select r.token_digest
  from projects p, runners r
 where p.id = $1 and ${SERVES_BY_TYPE}`

/** The columns for `ProjectChanges`; secrets are encrypted on the way. */
interface StoredChanges {
  path?: string | undefined
  name?: string | undefined
  groupId?: number | null | undefined
  repoUrl?: Uint8Array | null | undefined
  repository?: Uint8Array | null | undefined
  clone?: string | undefined
  configPath?: string | undefined
  checkoutPath?: string | null | undefined
  defaultBranch?: string | undefined
  protectedRefs?: readonly string[] | undefined
  protectedEnvironments?: readonly string[] | undefined
  timeout?: number | undefined
  variables?: Uint8Array | undefined
  variablesVersion?: number | undefined
  instanceRunnersEnabled?: boolean | undefined
  groupRunnersEnabled?: boolean | undefined
  ciEnabled?: boolean | undefined
  autoCancelPending?: boolean | undefined
  publicBadges?: boolean | undefined
  jobTokenAllowlist?: readonly number[] | undefined
  maxStoredBytes?: number | null | undefined
  jobRetentionDays?: number | null | undefined
  logRetentionDays?: number | null | undefined
}

const COLUMNS: { readonly [Field in keyof StoredChanges]: string } = {
  path: 'path',
  name: 'name',
  groupId: 'group_id',
  repoUrl: 'repo_url',
  repository: 'repository',
  clone: 'clone',
  configPath: 'config_path',
  checkoutPath: 'checkout_path',
  defaultBranch: 'default_branch',
  protectedRefs: 'protected_refs',
  protectedEnvironments: 'protected_environments',
  timeout: 'timeout',
  variables: 'variables',
  variablesVersion: 'variables_version',
  instanceRunnersEnabled: 'instance_runners_enabled',
  groupRunnersEnabled: 'group_runners_enabled',
  ciEnabled: 'ci_enabled',
  autoCancelPending: 'auto_cancel_pending',
  publicBadges: 'public_badges',
  jobTokenAllowlist: 'job_token_allowlist',
  maxStoredBytes: 'max_stored_bytes',
  jobRetentionDays: 'job_retention_days',
  logRetentionDays: 'log_retention_days',
}

const DEFAULT_TIMEOUT_SECONDS = 3600

/** Returns the last segment of a path. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Inserts a project, unless the path is taken. */
export async function insertProject(
  tx: Queryable,
  secrets: SecretBox,
  project: ProjectChanges & { path: string },
): Promise<number | null> {
  const [taken] = await tx.query('select from projects where path = $1 and deleted_at is null', [project.path])
  if (taken) return null
  const id = await drawId(tx, 'projects')
  const stored = await toStored(tx, secrets, id, project)
  const token = newRegistrationToken()
  const [created] = await tx.query<{ id: number }>(
    `insert into projects (path, name, group_id, repo_url, default_branch, protected_refs, timeout, variables,
        registration_token_digest, registration_token, instance_runners_enabled, group_runners_enabled, ci_enabled,
        job_token_allowlist, checkout_path, id, max_stored_bytes, variables_version,
        auto_cancel_pending, protected_environments, job_retention_days, log_retention_days,
        public_badges, repository, clone, config_path)
     overriding system value
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
        $24, $25, $26)
     on conflict (path) where deleted_at is null do nothing
     returning id`,
    [
      project.path,
      project.name ?? nameOf(project.path),
      stored.groupId ?? null,
      stored.repoUrl ?? null,
      project.defaultBranch ?? 'main',
      project.protectedRefs ?? null,
      project.timeout ?? DEFAULT_TIMEOUT_SECONDS,
      stored.variables ?? null,
      digestOf(token),
      secrets.encrypt(token, placeOf('projects.registration_token', id)),
      project.instanceRunnersEnabled ?? true,
      project.groupRunnersEnabled ?? true,
      project.ciEnabled ?? true,
      project.jobTokenAllowlist ?? [],
      stored.checkoutPath ?? null,
      id,
      project.maxStoredBytes ?? null,
      stored.variablesVersion ?? 1,
      project.autoCancelPending ?? true,
      project.protectedEnvironments ?? [],
      project.jobRetentionDays ?? null,
      project.logRetentionDays ?? null,
      project.publicBadges ?? false,
      stored.repository ?? null,
      stored.clone ?? null,
      stored.configPath ?? null,
    ],
  )
  if (created && project.commitStatus) await writeStatusTarget(tx, secrets, created.id, project.commitStatus)
  return created?.id ?? null
}

async function toStored(
  tx: Queryable,
  secrets: SecretBox,
  id: number,
  changes: ProjectChanges,
): Promise<StoredChanges> {
  const { groupPath, repoUrl: givenUrl, repository, variables, commitStatus: _, ...plain } = changes
  const repoUrl = repository === undefined ? givenUrl : urlIn(repository)
  const other = repository && !isHttp(repository.address) ? repository : null
  const encrypted = variables && encryptProjectVariables(secrets, variables, id)
  return {
    ...plain,
    groupId: groupPath === undefined || groupPath === null ? groupPath : await ensureGroup(tx, secrets, groupPath),
    repoUrl: repoUrl === undefined ? undefined : encryptNullable(secrets, repoUrl, placeOf('projects.repo_url', id)),
    // An address takes the place of the one before, whatever form either has.
    repository: repoUrl === undefined ? undefined : other && encryptRepository(secrets, other, id),
    checkoutPath: repoUrl === undefined ? undefined : repoUrl && checkoutPath(repoUrl),
    variables: encrypted?.encrypted,
    variablesVersion: encrypted?.version,
  }
}

const urlIn = (repository: ProjectRepository | null): string | null =>
  repository && isHttp(repository.address) ? urlOfRepository(repository) : null

export function projectStore(db: Database, secrets: SecretBox): ProjectStore {
  async function one(sql: string, params: unknown[]) {
    const [row] = await db.query<ProjectRow>(sql, params)
    return row ? await showProject(db, secrets, row) : null
  }
  const find = (id: number) => one(`${SELECT} and p.id = $1`, [id])

  return {
    find,
    findByPath: (path) => one(`${SELECT} and p.path = $1`, [path]),

    async create(project) {
      const id = await db.transaction((tx) => insertProject(tx, secrets, project))
      return id === null ? null : find(id)
    },

    async list({ search, ids, before, limit }) {
      const rows = await db.query<ProjectRow & { found: number }>(LIST, [
        search ? containing(search) : null,
        before ?? null,
        ids ?? null,
        limit,
      ])
      const projects = await Promise.all(rows.map((row) => showProject(db, secrets, row)))
      return { projects, more: (rows[0]?.found ?? 0) > rows.length }
    },

    async update(id, changes) {
      try {
        await db.transaction(async (tx) => {
          const params: unknown[] = [id]
          const set = assignments(COLUMNS, await toStored(tx, secrets, id, changes), params)
          if (set !== '') await tx.query(`update projects set ${set} where id = $1 and deleted_at is null`, params)
          if (changes.commitStatus !== undefined) await writeStatusTarget(tx, secrets, id, changes.commitStatus)
        })
      } catch (error) {
        if (isUniqueViolation(error)) return 'path_taken'
        throw error
      }
      return find(id)
    },

    remove(id) {
      return db.transaction(async (tx) => {
        const removed = await tx.query(
          'update projects set deleted_at = now() where id = $1 and deleted_at is null returning id',
          [id],
        )
        if (removed.length === 0) return false
        // Deliveries of hooks may be many: they are deleted by and by.
        for (const table of ['schedules', 'project_tokens', 'hook_secrets']) {
          await tx.query(`delete from ${table} where project_id = $1`, [id])
        }
        await removeOwnRepository(tx, id)
        return true
      })
    },

    async removedWithJobs(limit) {
      const rows = await db.query<{ id: number }>(
        'select id from projects where deleted_at is not null and not jobs_ended order by id limit $1',
        [limit],
      )
      return rows.map((row) => row.id)
    },

    async noteJobsEnded(id) {
      await db.query('update projects set jobs_ended = true where id = $1 and deleted_at is not null', [id])
    },

    async groups() {
      const rows = await db.query<GroupRow>(`${SELECT_GROUP} order by path`)
      return await Promise.all(rows.map((row) => showGroup(db, secrets, row)))
    },

    async findGroup(id) {
      const [row] = await db.query<GroupRow>(`${SELECT_GROUP} where id = $1`, [id])
      return row ? await showGroup(db, secrets, row) : null
    },

    async findByRegistrationToken(digest) {
      const [found] = await db.query<{ kind: 'group' | 'project'; id: number }>(
        `select 'project' as kind, id from projects where registration_token_digest = $1 and deleted_at is null
          union all
         select 'group', id from groups where registration_token_digest = $1`,
        [digest],
      )
      return found ?? null
    },

    async replaceRegistrationToken({ kind, id }, token) {
      const table = kind === 'group' ? 'groups' : 'projects'
      const living = kind === 'group' ? '' : 'and deleted_at is null'
      const replaced = await db.query(
        `update ${table} set registration_token_digest = $2, registration_token = $3 where id = $1 ${living}
         returning id`,
        [id, digestOf(token), secrets.encrypt(token, placeOf(`${table}.registration_token`, id))],
      )
      return replaced.length > 0
    },

    async runnerDigests(projectId) {
      const rows = await db.query<{ token_digest: string }>(SERVING_DIGESTS, [projectId])
      return rows.map((row) => row.token_digest)
    },
  }
}
