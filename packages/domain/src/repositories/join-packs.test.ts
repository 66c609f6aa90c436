import { err, ok } from '@yardmaster/common'
import { describe, expect, it } from 'vitest'
import type { GitServer, OwnRepositoryStore, ProjectStore, RepositoryOwner } from '../ports.ts'
import { noGitServer } from '../testing/no-git-server.ts'
import { sampleProject } from '../testing/sample-project.ts'
import { joinPacks } from './join-packs.ts'

describe('joining packs', () => {
  it('goes through the repositories that have many, and tells of one that cannot be read in the end', async () => {
    const joined: number[] = []
    const gitServer: GitServer = {
      ...noGitServer,
      async joinPacks({ id }: RepositoryOwner) {
        joined.push(id)
        return id === 2
          ? err({ kind: 'repository_unavailable', projectId: id, reason: 'The disk is full.' })
          : ok(undefined)
      },
    }
    const projects = {
      find: async (id: number) =>
        id === 4
          ? null
          : { ...sampleProject({ id }), repository: id === 3 ? { address: 'https://git.example/x.git' } : null },
    } as unknown as ProjectStore
    const ownRepositories = { crowded: async () => [1, 2, 3, 4, 5] } as unknown as OwnRepositoryStore
    await expect(joinPacks({ projects, ownRepositories, gitServer })).rejects.toThrow('project 2: The disk is full.')
    expect(joined).toEqual([1, 2, 5])
  })
})
