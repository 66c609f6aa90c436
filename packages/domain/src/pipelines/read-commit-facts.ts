import { err, ok, type Result } from '@yardmaster/common'
import type { CommitNotFound, ConfigMissing, RefNotFound, RepositoryMissing, RepositoryUnavailable } from '../errors.ts'
import type { Commit } from '../ports.ts'
import type { Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import type { MergeRequest } from './merge-request.ts'

/** Which commit a pipeline is for, and what is already known of it. */
export interface RequestedCommit {
  readonly ref: string
  readonly tag?: boolean | undefined
  readonly sha?: string | undefined
  readonly beforeSha?: string | undefined
  readonly files?: Readonly<Record<string, string>> | undefined
  readonly changedPaths?: readonly string[] | undefined
  readonly mergeRequest?: MergeRequest | undefined
}

/** What a repository says about the commit of a pipeline. */
export interface CommitFacts {
  readonly sha: string
  readonly commit: Commit
  /** Null when they are not known. */
  readonly changedPaths: readonly string[] | null
  /** The text of the configuration. */
  readonly content: string
}

export type CommitRefused = RepositoryUnavailable | RefNotFound | CommitNotFound | ConfigMissing

/** More changed paths count as not known: so many comparisons would make every condition true. */
const MOST_CHANGES = 50_000
const NO_COMMIT = /^0+$/

/**
 * Reads from a project's repository what a request does not say: the commit that its ref points to, the configuration
 * there, and the paths that changed.
 *
 * @returns `config_missing` when the project has no repository, or the commit no such file.
 */
export async function readCommitFacts(
  ports: Pick<Services, 'repositories'>,
  project: Project,
  request: RequestedCommit,
): Promise<Result<CommitFacts, CommitRefused>> {
  const { repositories } = ports
  const isTag = (request.tag ?? false) && !request.mergeRequest
  const found =
    request.sha === undefined
      ? await repositories.resolve(project, { ref: request.ref, kind: isTag ? 'tag' : 'branch' })
      : ok(request.sha)
  if (!found.ok) return err(withoutMissing(found.error))
  const sha = found.value
  const commit = await repositories.commit(project, sha)
  if (!commit.ok) return err(withoutMissing(commit.error))
  const content = await readConfig(ports, project, request, sha)
  if (!content.ok) return content
  const changed = request.changedPaths ? ok(request.changedPaths) : await readChanges(ports, project, request, sha)
  if (!changed.ok) return changed
  return ok({ sha, commit: commit.value, content: content.value, changedPaths: changed.value })
}

/** Returns the commit of a working tree that was pushed to be run. */
export async function runCommit(
  { repositories }: Pick<Services, 'repositories'>,
  project: Project,
  run: string,
): Promise<Result<string, CommitRefused>> {
  const found = await repositories.resolve(project, { ref: run, kind: 'run' })
  if (found.ok) return found
  if (found.error.kind === 'repository_unavailable') return err(found.error)
  return err({ kind: 'ref_not_found', ref: `refs/runs/${run}` })
}

async function readConfig(
  { repositories }: Pick<Services, 'repositories'>,
  project: Project,
  { files }: RequestedCommit,
  sha: string,
): Promise<Result<string, CommitRefused>> {
  const path = project.configPath
  const given = files?.[path]
  if (given !== undefined) return ok(given)
  const elsewhere = includedConfig(path)
  if (elsewhere) return ok(elsewhere)
  const text = await repositories.readFile(project, { sha, path })
  if (!text.ok) return err(withoutMissing(text.error))
  return text.value === null ? err({ kind: 'config_missing', path, sha }) : ok(text.value)
}

/** Returns what changed since the ref's last commit, or since a merge request left its target. */
async function readChanges(
  ports: Pick<Services, 'repositories'>,
  project: Project,
  request: RequestedCommit,
  to: string,
): Promise<Result<readonly string[] | null, CommitRefused>> {
  const from = await comparedWith(ports, project, request, to)
  if (!from.ok) return from
  if (from.value === null) return ok(null)
  const paths = await ports.repositories.changedPaths(project, { from: from.value, to })
  if (paths.ok) return ok(paths.value === null || paths.value.length > MOST_CHANGES ? null : paths.value)
  // A commit that was forced away may be gone.
  return paths.error.kind === 'commit_not_found' ? ok(null) : err(withoutMissing(paths.error))
}

async function comparedWith(
  { repositories }: Pick<Services, 'repositories'>,
  project: Project,
  { beforeSha, mergeRequest }: RequestedCommit,
  to: string,
): Promise<Result<string | null, CommitRefused>> {
  if (!mergeRequest) return ok(beforeSha === undefined || NO_COMMIT.test(beforeSha) ? null : beforeSha)
  if (mergeRequest.diffBaseSha !== undefined) return ok(mergeRequest.diffBaseSha)
  const target = await repositories.resolve(project, { ref: mergeRequest.targetBranch })
  const base = target.ok ? await repositories.mergeBase(project, target.value, to) : target
  if (base.ok) return base
  const isGone = base.error.kind === 'ref_not_found' || base.error.kind === 'commit_not_found'
  return isGone ? ok(null) : err(withoutMissing(base.error))
}

const withoutMissing = <Other extends RepositoryUnavailable | RefNotFound | CommitNotFound>(
  refusal: Other | RepositoryMissing,
): Other | ConfigMissing =>
  refusal.kind === 'repository_missing' ? { kind: 'config_missing', path: null, sha: null } : refusal

/**
 * Returns a configuration that includes the real one, for a path that leads out of the repository: an address, or
 * `path@other/project` and `path@other/project:ref`. Null for any other.
 */
function includedConfig(path: string): string | null {
  if (/^https?:\/\//.test(path)) return JSON.stringify({ include: [{ remote: path }] })
  const [, file, project, ref] = /^([^@]+)@([^@:]+)(?::(.+))?$/.exec(path) ?? []
  if (file === undefined || project === undefined) return null
  return JSON.stringify({ include: [{ project, file, ...(ref !== undefined && { ref }) }] })
}
