import type { Ports } from '../ports.ts'

/** Milliseconds for which more refs may be removed before a repository is written anew. */
const WAIT_MS = 86_400_000
/** Repositories of one sweep. */
const AT_ONCE = 5

/**
 * Frees the space of objects that no ref reaches, in repositories that are kept here, a day after refs were removed.
 *
 * @throws the reason of the last repository that could not be read; the others are done.
 */
export async function removeUnreachable({
  projects,
  ownRepositories,
  gitServer,
  clock,
}: Pick<Ports, 'projects' | 'ownRepositories' | 'gitServer' | 'clock'>): Promise<void> {
  let reason: string | null = null
  const before = new Date(clock.now().getTime() - WAIT_MS)
  for (const id of await ownRepositories.withUnreachable({ before, limit: AT_ONCE })) {
    const project = await projects.find(id)
    if (!project || project.repository !== null) continue
    const removed = await gitServer.removeUnreachable(project)
    if (!removed.ok) reason = `project ${id}: ${removed.error.reason}`
  }
  if (reason !== null) throw new Error(reason)
}
