import {
  type Clone,
  DEFAULT_CONFIG_PATH,
  type Group,
  type Project,
  type ProjectRepository,
  type ProjectSecret,
  type ProjectVariable,
  repositoryFromUrl,
} from '@yardmaster/domain/projects'
import { SHARES_CHECKOUT } from './checkout-paths.ts'
import { readIfPossible } from './damage.ts'
import type { Database } from './database.ts'
import { decryptProjectVariables, decryptRepository } from './encrypted-values.ts'
import { decryptNullable, placeOf, type SecretBox } from './secrets.ts'

export interface ProjectRow {
  id: number
  path: string
  name: string
  group_id: number | null
  group_path: string | null
  repo_url: Uint8Array | null
  repository: Uint8Array | null
  clone: Clone | null
  config_path: string | null
  shares_checkout: boolean
  has_own_repository: boolean
  default_branch: string
  protected_refs: string[] | null
  protected_environments: string[]
  timeout: number
  variables: Uint8Array | null
  registration_token: Uint8Array
  instance_runners_enabled: boolean
  group_runners_enabled: boolean
  ci_enabled: boolean
  auto_cancel_pending: boolean
  public_badges: boolean
  job_token_allowlist: number[]
  max_stored_bytes: number | null
  job_retention_days: number | null
  log_retention_days: number | null
  created_at: Date
}

const COLUMNS: { readonly [Column in keyof ProjectRow]: string } = {
  id: 'p.id',
  path: 'p.path',
  name: 'p.name',
  group_id: 'p.group_id',
  group_path: '(select g.path from groups g where g.id = p.group_id)',
  repo_url: 'p.repo_url',
  repository: 'p.repository',
  clone: 'p.clone',
  config_path: 'p.config_path',
  shares_checkout: SHARES_CHECKOUT,
  has_own_repository: 'exists (select from own_repositories o where o.project_id = p.id)',
  default_branch: 'p.default_branch',
  protected_refs: 'p.protected_refs',
  protected_environments: 'p.protected_environments',
  timeout: 'p.timeout',
  variables: 'p.variables',
  registration_token: 'p.registration_token',
  instance_runners_enabled: 'p.instance_runners_enabled',
  group_runners_enabled: 'p.group_runners_enabled',
  ci_enabled: 'p.ci_enabled',
  auto_cancel_pending: 'p.auto_cancel_pending',
  public_badges: 'p.public_badges',
  job_token_allowlist: 'p.job_token_allowlist',
  max_stored_bytes: 'p.max_stored_bytes',
  job_retention_days: 'p.job_retention_days',
  log_retention_days: 'p.log_retention_days',
  created_at: 'p.created_at',
}

export const PROJECT_COLUMNS = Object.keys(COLUMNS) as (keyof ProjectRow)[]

/** Returns the columns of a `ProjectRow`, from projects as `p`; with a prefix when another table has the same names. */
export const projectColumns = (prefix = ''): string =>
  Object.entries(COLUMNS)
    .map(([name, expression]) => `${expression} as ${prefix}${name}`)
    .join(', ')

const toPlain = (row: ProjectRow) => ({
  id: row.id,
  path: row.path,
  name: row.name,
  groupId: row.group_id,
  groupPath: row.group_path,
  sharesCheckout: row.shares_checkout,
  hasOwnRepository: row.has_own_repository,
  clone: row.clone ?? (row.repo_url === null ? ('gateway' as const) : ('direct' as const)),
  configPath: row.config_path ?? DEFAULT_CONFIG_PATH,
  defaultBranch: row.default_branch,
  protectedRefs: row.protected_refs ?? [row.default_branch],
  protectedEnvironments: row.protected_environments,
  timeout: row.timeout,
  instanceRunnersEnabled: row.instance_runners_enabled,
  groupRunnersEnabled: row.group_runners_enabled,
  ciEnabled: row.ci_enabled,
  autoCancelPending: row.auto_cancel_pending,
  publicBadges: row.public_badges,
  jobTokenAllowlist: row.job_token_allowlist,
  maxStoredBytes: row.max_stored_bytes,
  jobRetentionDays: row.job_retention_days,
  logRetentionDays: row.log_retention_days,
  createdAt: row.created_at,
})

const openRepoUrl = (secrets: SecretBox, row: ProjectRow): string | null =>
  decryptNullable(secrets, row.repo_url, placeOf('projects.repo_url', row.id))

/** An address in `repo_url` counts, because a release that knows nothing else may have set it. */
function openRepository(secrets: SecretBox, row: ProjectRow): ProjectRepository | null {
  const url = openRepoUrl(secrets, row)
  if (url !== null) return repositoryFromUrl(url)
  return row.repository === null ? null : decryptRepository(secrets, row.repository, row.id)
}

const openVariables = (secrets: SecretBox, row: ProjectRow): ProjectVariable[] =>
  decryptProjectVariables(secrets, row.variables, row.id)

const openToken = (secrets: SecretBox, row: ProjectRow): string =>
  secrets.decrypt(row.registration_token, placeOf('projects.registration_token', row.id))

/**
 * Maps a row for jobs, which must not run without their project's settings.
 *
 * @throws when the address or the variables are damaged; NewerFormError when a newer release wrote them.
 */
export const toProject = (secrets: SecretBox, row: ProjectRow): Project => ({
  ...toPlain(row),
  repoUrl: openRepoUrl(secrets, row),
  repository: openRepository(secrets, row),
  variables: openVariables(secrets, row),
  // Decrypted on access: every claim reads a project, but hardly any needs this token.
  get registrationToken() {
    return openToken(secrets, row)
  },
  damaged: [],
})

/** Maps a row for people: names what is damaged, so that one project does not prevent the others from being shown. */
export async function showProject(db: Database, secrets: SecretBox, row: ProjectRow): Promise<Project> {
  const damaged: ProjectSecret[] = []
  async function read<T>(part: ProjectSecret, open: (secrets: SecretBox, row: ProjectRow) => T): Promise<T | null> {
    const found = await readIfPossible(db, secrets, () => ({ value: open(secrets, row) }))
    if (!found && !damaged.includes(part)) damaged.push(part)
    return found === null ? null : found.value
  }
  return {
    ...toPlain(row),
    repoUrl: await read('repoUrl', openRepoUrl),
    repository: await read(row.repo_url === null ? 'repository' : 'repoUrl', openRepository),
    variables: (await read('variables', openVariables)) ?? [],
    registrationToken: await read('registrationToken', openToken),
    damaged,
  }
}

export interface GroupRow {
  id: number
  path: string
  parent_id: number | null
  registration_token: Uint8Array
}

export const showGroup = async (db: Database, secrets: SecretBox, row: GroupRow): Promise<Group> => ({
  id: row.id,
  path: row.path,
  parentId: row.parent_id,
  registrationToken: await readIfPossible(db, secrets, () =>
    secrets.decrypt(row.registration_token, placeOf('groups.registration_token', row.id)),
  ),
})
