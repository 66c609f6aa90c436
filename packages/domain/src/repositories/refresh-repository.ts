import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound, RepositoryMissing, RepositoryUnavailable } from '../errors.ts'
import type { Ports, RepositoryState } from '../ports.ts'

/** Reads the newest state of a project's repository, and returns how this process sees it then. */
export async function refreshRepository(
  { projects, repositories }: Pick<Ports, 'projects' | 'repositories'>,
  projectId: number,
): Promise<Result<RepositoryState, ProjectNotFound | RepositoryMissing | RepositoryUnavailable>> {
  const project = await projects.find(projectId)
  if (!project) return err({ kind: 'project_not_found', id: projectId })
  const refreshed = await repositories.refresh(project)
  return refreshed.ok ? ok(await repositories.state(project)) : refreshed
}
