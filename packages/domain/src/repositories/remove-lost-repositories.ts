import type { Ports } from '../ports.ts'

/** Removes the copies of repositories whose projects are gone. */
export async function removeLostRepositories({
  projects,
  repositories,
}: Pick<Ports, 'projects' | 'repositories'>): Promise<void> {
  for (const id of await repositories.copies()) {
    if (!(await projects.find(id))) await repositories.removeCopy(id)
  }
}
