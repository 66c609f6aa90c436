import { err } from '@yardmaster/common'
import type { GitServer, RepositoryOwner } from '../ports.ts'

/** For tests. No project has a repository, and none takes a push. */
export const noGitServer: GitServer = {
  serveFetch: async ({ id }: RepositoryOwner) => err({ kind: 'repository_missing' as const, projectId: id }),
  receivePush: async () => err({ kind: 'git_busy' as const }),
  removeUnreachable: async ({ id }: RepositoryOwner) =>
    err({ kind: 'repository_unavailable' as const, projectId: id, reason: 'There is none.' }),
  joinPacks: async ({ id }: RepositoryOwner) => err({ kind: 'repository_missing' as const, projectId: id }),
}
