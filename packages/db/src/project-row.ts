import type { Group, Project } from '@yardmaster/domain'
import { openNullable, type SecretBox } from './secrets.ts'

export interface ProjectRow {
  id: number
  path: string
  name: string
  group_id: number | null
  group_path: string | null
  repo_url: Uint8Array | null
  default_branch: string
  protected_refs: string[] | null
  timeout: number
  variables: Uint8Array | null
  registration_token: Uint8Array
  instance_runners_enabled: boolean
  group_runners_enabled: boolean
  ci_enabled: boolean
  job_token_allowlist: number[]
  created_at: Date
}

/** Columns of a `ProjectRow`, from projects as `p`. */
export const PROJECT_COLUMNS = `p.id, p.path, p.name, p.group_id,
  (select g.path from groups g where g.id = p.group_id) as group_path, p.repo_url, p.default_branch, p.protected_refs,
  p.timeout, p.variables, p.registration_token, p.instance_runners_enabled, p.group_runners_enabled, p.ci_enabled,
  p.job_token_allowlist, p.created_at`

export function toProject(secrets: SecretBox, row: ProjectRow): Project {
  const variables = openNullable(secrets, row.variables)
  return {
    id: row.id,
    path: row.path,
    name: row.name,
    groupId: row.group_id,
    groupPath: row.group_path,
    repoUrl: openNullable(secrets, row.repo_url),
    defaultBranch: row.default_branch,
    protectedRefs: row.protected_refs ?? [row.default_branch],
    timeout: row.timeout,
    variables: variables === null ? [] : JSON.parse(variables),
    registrationToken: secrets.open(row.registration_token),
    instanceRunnersEnabled: row.instance_runners_enabled,
    groupRunnersEnabled: row.group_runners_enabled,
    ciEnabled: row.ci_enabled,
    jobTokenAllowlist: row.job_token_allowlist,
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
  registrationToken: secrets.open(row.registration_token),
})
