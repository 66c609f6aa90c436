import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound } from '../errors.ts'
import type { Ports, RepositoryState } from '../ports.ts'

/** Returns how this process sees a project's repository. Reads nothing from its server. */
export async function describeRepository(
  { projects, repositories }: Pick<Ports, 'projects' | 'repositories'>,
  projectId: number,
): Promise<Result<RepositoryState, ProjectNotFound>> {
  const project = await projects.find(projectId)
  return project ? ok(await repositories.state(project)) : err({ kind: 'project_not_found', id: projectId })
}
