import { PROCESS_MODES, setProcessMode } from '@yardmaster/domain/resource-groups'
import { z } from 'zod'
import { ResourceGroupShape, ResourceGroupsShape, showResourceGroup } from '../shapes/resource-group.ts'
import { before, Id, line, page, pageOf } from './inputs.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

/** `resourceGroups.*` of the admin API. */
export const resourceGroupsRouter = router({
  list: procedure({
    rest: 'GET /projects/{projectId}/resource-groups',
    summary: 'Lists the resource groups of a project, the newest first.',
    output: ResourceGroupsShape,
    refuses: ['project_not_found'],
  })
    .input(z.strictObject({ ...page, projectId: Id }))
    .query(async ({ ctx: { services }, input: { projectId, cursor, limit } }) => {
      found(await services.projects.find(projectId), { kind: 'project_not_found', id: projectId })
      const groups = await services.resourceGroups.list({ projectId, before: before(cursor), limit: limit + 1 })
      return pageOf(groups, limit, showResourceGroup)
    }),

  // The name may contain slashes, so that it is no part of the path.
  update: procedure({
    rest: 'PATCH /projects/{projectId}/resource-groups',
    summary: 'Sets the order in which the jobs of a resource group take turns.',
    output: ResourceGroupShape,
    refuses: ['project_not_found', 'resource_group_not_found'],
  })
    .input(z.strictObject({ projectId: Id, name: line(255), mode: z.enum(PROCESS_MODES) }))
    .mutation(async ({ ctx: { services }, input }) => showResourceGroup(unwrap(await setProcessMode(services, input)))),
})
