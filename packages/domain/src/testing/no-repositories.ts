import { err } from '@yardmaster/common'
import type { Repositories, RepositoryOwner } from '../ports.ts'

const missing = async ({ id }: RepositoryOwner) => err({ kind: 'repository_missing' as const, projectId: id })

/** For tests. No project has a repository. */
export const noRepositories: Repositories = {
  resolve: missing,
  commit: missing,
  readFile: missing,
  listFiles: missing,
  changedPaths: missing,
  mergeBase: missing,
  refresh: missing,
  copies: async () => [],
  removeCopy: async () => undefined,
  state: async () => ({ address: null, state: 'missing', size: 0, fetchedAt: null, message: null }),
}
