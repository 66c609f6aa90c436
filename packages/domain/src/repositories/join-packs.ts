import type { Ports } from '../ports.ts'

/** Packs of a repository: with more of them, reading it takes longer. */
const MOST_PACKS = 40
/** Repositories of one sweep. */
const AT_ONCE = 20

/**
 * Joins packs of repositories that are kept here, where pushes have added many.
 *
 * @throws the reason of the last repository that could not be read; the others are done.
 */
export async function joinPacks({
  projects,
  ownRepositories,
  gitServer,
}: Pick<Ports, 'projects' | 'ownRepositories' | 'gitServer'>): Promise<void> {
  let reason: string | null = null
  for (const id of await ownRepositories.crowded({ packs: MOST_PACKS, limit: AT_ONCE })) {
    const project = await projects.find(id)
    if (!project || project.repository !== null) continue
    const joined = await gitServer.joinPacks(project)
    if (!joined.ok && joined.error.kind === 'repository_unavailable') reason = `project ${id}: ${joined.error.reason}`
  }
  if (reason !== null) throw new Error(reason)
}
