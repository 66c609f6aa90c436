import type { Result } from '@yardmaster/common'
import type { CommitNotFound, RefNotFound, RepositoryMissing, RepositoryUnavailable } from '../errors.ts'
import type { Project } from '../projects/project.ts'
import type { Services } from '../services.ts'

export type CommitAnswer<T> = Result<T, RepositoryMissing | RepositoryUnavailable | CommitNotFound>

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/**
 * Returns the commit that a text names: a branch, else a tag, else a commit by its full id.
 *
 * @param ref - null means the default branch.
 */
export async function findCommit(
  { repositories }: Pick<Services, 'repositories'>,
  project: Project,
  ref: string | null,
): Promise<Result<string, RepositoryMissing | RepositoryUnavailable | CommitNotFound | RefNotFound>> {
  if (ref !== null && SHA.test(ref)) {
    const commit = await repositories.commit(project, ref)
    if (commit.ok) return { ok: true, value: commit.value.sha }
    if (commit.error.kind !== 'commit_not_found') return commit
  }
  const name = ref ?? project.defaultBranch
  const branch = await repositories.resolve(project, { ref: name })
  if (branch.ok || branch.error.kind !== 'ref_not_found') return branch
  return await repositories.resolve(project, { ref: name, kind: 'tag' })
}
