import type { Group, Project } from '@yardmaster/domain'
import { SHARES_CHECKOUT } from './checkout-paths.ts'
import { openNullable, placeOf, type SecretBox } from './secrets.ts'

export interface ProjectRow {
  id: number
  path: string
  name: string
  group_id: number | null
  group_path: string | null
  repo_url: Uint8Array | null
  shares_checkout: boolean
  default_branch: string
  protected_refs: string[] | null
  timeout: number
  variables: Uint8Array | null
  registration_token: Uint8Array
  instance_runners_enabled: boolean
  group_runners_enabled: boolean
  ci_enabled: boolean
  job_token_allowlist: number[]
  max_stored_bytes: number | null
  created_at: Date
}

const COLUMNS: { readonly [Column in keyof ProjectRow]: string } = {
  id: 'p.id',
  path: 'p.path',
  name: 'p.name',
  group_id: 'p.group_id',
  group_path: '(select g.path from groups g where g.id = p.group_id)',
  repo_url: 'p.repo_url',
  shares_checkout: SHARES_CHECKOUT,
  default_branch: 'p.default_branch',
  protected_refs: 'p.protected_refs',
  timeout: 'p.timeout',
  variables: 'p.variables',
  registration_token: 'p.registration_token',
  instance_runners_enabled: 'p.instance_runners_enabled',
  group_runners_enabled: 'p.group_runners_enabled',
  ci_enabled: 'p.ci_enabled',
  job_token_allowlist: 'p.job_token_allowlist',
  max_stored_bytes: 'p.max_stored_bytes',
  created_at: 'p.created_at',
}

/** Columns of a `ProjectRow`, from projects as `p`; with a prefix where another table has the same names. */
export const projectColumns = (prefix = ''): string =>
  Object.entries(COLUMNS)
    .map(([name, expression]) => `${expression} as ${prefix}${name}`)
    .join(', ')

export function toProject(secrets: SecretBox, row: ProjectRow): Project {
  const variables = openNullable(secrets, row.variables, placeOf('projects.variables', row.id))
  return {
    id: row.id,
    path: row.path,
    name: row.name,
    groupId: row.group_id,
    groupPath: row.group_path,
    repoUrl: openNullable(secrets, row.repo_url, placeOf('projects.repo_url', row.id)),
    sharesCheckout: row.shares_checkout,
    defaultBranch: row.default_branch,
    protectedRefs: row.protected_refs ?? [row.default_branch],
    timeout: row.timeout,
    variables: variables === null ? [] : JSON.parse(variables),
    // Opened when it is asked for: every claim reads a project, and hardly anyone this token.
    get registrationToken() {
      return secrets.open(row.registration_token, placeOf('projects.registration_token', row.id))
    },
    instanceRunnersEnabled: row.instance_runners_enabled,
    groupRunnersEnabled: row.group_runners_enabled,
    ciEnabled: row.ci_enabled,
    jobTokenAllowlist: row.job_token_allowlist,
    maxStoredBytes: row.max_stored_bytes,
    createdAt: row.created_at,
  }
}

export interface GroupRow {
  id: number
  path: string
  parent_id: number | null
  registration_token: Uint8Array
}

export const toGroup = (secrets: SecretBox, row: GroupRow): Group => ({
  id: row.id,
  path: row.path,
  parentId: row.parent_id,
  registrationToken: secrets.open(row.registration_token, placeOf('groups.registration_token', row.id)),
})
