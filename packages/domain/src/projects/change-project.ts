import { err, ok, type Result } from '@yardmaster/common'
import { completeTarget } from '../commit-statuses/complete-target.ts'
import type { StatusTarget, StatusTargetChange } from '../commit-statuses/status-target.ts'
import type { PathTaken, ProjectIndispensable, ProjectInvalid, ProjectNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { tickQueueValues } from '../wakeups/queue-value.ts'
import {
  type Clone,
  DEFAULT_PROJECT_PATH,
  type Project,
  type ProjectChanges,
  type ProjectRepository,
} from './project.ts'
import { changedRepository, faultInConfigPath, type GivenRepository, isHttp, repositoryFromUrl } from './repository.ts'

type ProjectPorts = Pick<Ports, 'projects' | 'commitStatuses' | 'scratch' | 'events'>

/** One segment, valid in a URL and as the name of a directory: the runner creates directories from it. */
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/
const LONGEST_PATH = 255

/** The changes as they are given: the repository in either of its two forms, statuses of commits perhaps in part. */
export type GivenProjectChanges = Omit<ProjectChanges, 'repository' | 'commitStatus'> & {
  readonly repository?: GivenRepository | null | undefined
  readonly commitStatus?: StatusTargetChange | null | undefined
}

/**
 * Creates a project. `path` may be complete or relative to `groupPath`; it is stored complete. Groups named by
 * `groupPath` are created as needed.
 */
export async function createProject(
  { projects }: Pick<Ports, 'projects'>,
  given: GivenProjectChanges & { path: string },
): Promise<Result<Project, ProjectInvalid | PathTaken>> {
  const path = wholePath(given.path, given.groupPath ?? null)
  const located = locate(given, null)
  if (!located.ok) return located
  const target = targetIn(given, null)
  if (!target.ok) return target
  const invalid = check({ ...located.value, path })
  if (invalid) return err(invalid)
  const project = await projects.create({ ...located.value, ...target.value, path })
  return project ? ok(project) : err({ kind: 'path_taken', path })
}

/**
 * Changes the given settings and keeps the rest. Wakes runners that may now find work in the project.
 *
 * @returns `project_indispensable` when the project `default` would lose its name.
 */
export async function updateProject(
  ports: ProjectPorts,
  id: number,
  given: GivenProjectChanges,
): Promise<Result<Project, ProjectNotFound | ProjectInvalid | PathTaken | ProjectIndispensable>> {
  const before = await ports.projects.find(id)
  if (!before) return err({ kind: 'project_not_found', id })
  const located = locate(given, before)
  if (!located.ok) return located
  const [known = null] = given.commitStatus ? await ports.commitStatuses.targets([id]) : []
  const target = targetIn(given, known)
  if (!target.ok) return target
  const changes = placed(before, { ...located.value, ...target.value })
  if (before.path === DEFAULT_PROJECT_PATH && changes.path !== undefined && changes.path !== before.path) {
    return err({ kind: 'project_indispensable', path: before.path })
  }
  const invalid = check(changes)
  if (invalid) return err(invalid)

  const project = await ports.projects.update(id, changes)
  if (project === null) return err({ kind: 'project_not_found', id })
  if (project === 'path_taken') return err({ kind: 'path_taken', path: changes.path ?? before.path })
  if (offersMore(before, project)) await tickQueueValues(ports, await ports.projects.runnerDigests(id))
  return ok(project)
}

/** Returns where statuses of commits will go, if that changes. */
function targetIn(
  { commitStatus }: GivenProjectChanges,
  before: StatusTarget | null,
): Result<Pick<ProjectChanges, 'commitStatus'>, ProjectInvalid> {
  if (commitStatus === undefined) return ok({})
  if (commitStatus === null) return ok({ commitStatus })
  const target = completeTarget(before, commitStatus)
  return target.ok ? ok({ commitStatus: target.value }) : target
}

/**
 * Returns the changes with the repository as it will be, and who runners clone from: an address given as `repoUrl` is
 * handed out to them unless it is said otherwise, one given as `repository` is not.
 */
function locate(
  { repository: given, commitStatus: _, ...changes }: GivenProjectChanges,
  before: Project | null,
): Result<ProjectChanges, ProjectInvalid> {
  if (given != null && changes.repoUrl != null) {
    return err(invalid('repository', 'the repository is given twice: as repository and as repoUrl'))
  }
  let repository: ProjectRepository | null = before?.repository ?? null
  let clone: Clone = before?.clone ?? 'gateway'
  const isMoved = (address: string) => address !== before?.repository?.address
  if (given != null) {
    const changed = changedRepository(repository, given)
    if ('kind' in changed) return err(changed)
    if (isMoved(changed.address)) clone = 'gateway'
    repository = changed
  } else if (changes.repoUrl != null) {
    const fault = faultInUrl(changes.repoUrl)
    if (fault) return err(fault)
    const changed = repositoryFromUrl(changes.repoUrl)
    if (isMoved(changed.address)) clone = 'direct'
    repository = changed
  } else if (given === null || changes.repoUrl === null) {
    repository = null
    clone = 'gateway'
  }
  const wanted = changes.clone ?? clone
  const isDirect = repository !== null && isHttp(repository.address)
  if (changes.clone === 'direct' && !isDirect) {
    return err(invalid('clone', 'runners can clone directly only from an http or https address'))
  }
  const isChanged = given !== undefined || changes.repoUrl !== undefined
  return ok({
    ...changes,
    ...((isChanged || changes.clone !== undefined) && { clone: isDirect ? wanted : 'gateway' }),
    ...(given !== undefined && { repository }),
  })
}

function faultInUrl(repoUrl: string): ProjectInvalid | null {
  const url = URL.canParse(repoUrl) ? new URL(repoUrl) : null
  if (url && isHttp(repoUrl) && url.pathname.length >= 2 && !url.pathname.split('/').includes('..')) return null
  return invalid('repoUrl', 'allowed is an absolute http or https address of a repository')
}

function wholePath(path: string, groupPath: string | null): string {
  return groupPath === null || path.startsWith(`${groupPath}/`) ? path : `${groupPath}/${path}`
}

/** Keeps the last segment of a project that moves to another group. */
function placed(before: Project, given: ProjectChanges): ProjectChanges {
  if (given.path === undefined && given.groupPath === undefined) return given
  const groupPath = given.groupPath === undefined ? before.groupPath : given.groupPath
  const own = given.path ?? before.path.split('/').at(-1) ?? before.path
  return { ...given, path: wholePath(own, groupPath) }
}

const offersMore = (before: Project, after: Project): boolean =>
  (after.instanceRunnersEnabled && !before.instanceRunnersEnabled) ||
  (after.groupRunnersEnabled && !before.groupRunnersEnabled) ||
  (after.ciEnabled && !before.ciEnabled) ||
  after.groupId !== before.groupId

function check({ path, groupPath, configPath, variables, ...lists }: ProjectChanges): ProjectInvalid | null {
  for (const [field, value] of [
    ['path', path],
    ['groupPath', groupPath],
  ] as const) {
    if (value === undefined || value === null) continue
    if (
      value.length > LONGEST_PATH ||
      !value.split('/').every((part) => SEGMENT.test(part) && !part.endsWith('.git'))
    ) {
      return invalid(
        field,
        `found ${JSON.stringify(value)}; allowed are segments of letters, digits, "_", "-" and ".", separated by "/", none ending in ".git", at most ${LONGEST_PATH} characters`,
      )
    }
  }
  const fault = configPath === undefined ? null : faultInConfigPath(configPath)
  if (fault !== null) return invalid('configPath', fault)
  const keys = new Set<string>()
  for (const { key } of variables ?? []) {
    if (!/^[A-Za-z0-9_]{1,255}$/.test(key)) {
      return invalid('variables', `found the key ${JSON.stringify(key)}; allowed are 1 to 255 letters, digits and "_"`)
    }
    if (keys.has(key)) return invalid('variables', `the key ${key} occurs twice`)
    keys.add(key)
  }
  for (const [field, what] of [
    ['protectedRefs', 'refs'],
    ['protectedEnvironments', 'environments'],
  ] as const) {
    if (lists[field]?.some((name) => name.trim() === '')) {
      return invalid(field, `a name is blank; allowed are names of ${what}, with * as wildcard`)
    }
  }
  return null
}

const invalid = (field: string, reason: string): ProjectInvalid => ({ kind: 'project_invalid', field, reason })
