import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectIndispensable, ProjectNotFound } from '../errors.ts'
import { DEFAULT_PROJECT_PATH } from '../projects/project.ts'
import { type EndRemovedPorts, endJobsOf, endSomeJobsOf } from './end-removed-jobs.ts'

/**
 * Removes a project, so that its path is free again. Its jobs stay visible and end with `project_deleted`: those that
 * are executing before this returns, the others right afterwards, or with the sweep.
 *
 * @returns `project_indispensable` for the project `default`.
 */
export async function removeProject(
  ports: EndRemovedPorts,
  id: number,
): Promise<Result<null, ProjectNotFound | ProjectIndispensable>> {
  const project = await ports.projects.find(id)
  if (!project) return err({ kind: 'project_not_found', id })
  if (project.path === DEFAULT_PROJECT_PATH) return err({ kind: 'project_indispensable', path: project.path })
  if (!(await ports.projects.remove(id))) return err({ kind: 'project_not_found', id })
  if (await endSomeJobsOf(ports, id)) {
    ports.background.run('end the jobs of a removed project', () => endJobsOf(ports, id))
  }
  return ok(null)
}
