import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound, ResourceGroupNotFound } from '../errors.ts'
import { passOnResource } from '../processing/advance-pipeline.ts'
import type { Services } from '../services.ts'
import type { ProcessMode, ResourceGroup } from './resource-group.ts'

/**
 * Sets the order in which the jobs of a resource group take turns. It applies from the next turn on; if the resource is
 * free, the job whose turn it is now is queued.
 *
 * @returns the group afterwards; `resource_group_not_found` when no job of the project has named it.
 * @see `docs/pipelines.md 12`
 */
export async function setProcessMode(
  ports: Pick<Services, 'resourceGroups' | 'projects' | 'jobs' | 'runners' | 'scratch' | 'events' | 'clock'>,
  { projectId, name, mode }: { readonly projectId: number; readonly name: string; readonly mode: ProcessMode },
): Promise<Result<ResourceGroup, ProjectNotFound | ResourceGroupNotFound>> {
  if (!(await ports.projects.find(projectId))) return err({ kind: 'project_not_found', id: projectId })
  if (!(await ports.resourceGroups.setMode(projectId, name, mode))) {
    return err({ kind: 'resource_group_not_found', projectId, name })
  }
  await passOnResource(ports, { projectId, name })
  const group = await ports.resourceGroups.find(projectId, name)
  return group ? ok(group) : err({ kind: 'resource_group_not_found', projectId, name })
}
