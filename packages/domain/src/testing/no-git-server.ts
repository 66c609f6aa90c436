import { err } from '@yardmaster/common'
import type { GitServer, RepositoryOwner } from '../ports.ts'

/** For tests. No project has a repository, and none takes a push. */
export const noGitServer: GitServer = {
  serveFetch: async ({ id }: RepositoryOwner) => err({ kind: 'repository_missing' as const, projectId: id }),
  receivePush: async () => err({ kind: 'git_busy' as const }),
  joinPacks: async ({ id }: RepositoryOwner) => err({ kind: 'repository_missing' as const, projectId: id }),
}
