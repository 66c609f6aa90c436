import { PROCESS_MODES, type ResourceGroup } from '@yardmaster/domain/resource-groups'
import { z } from 'zod'
import { Count, IdOrNull, pageOfItems } from './values.ts'
import { visible } from './visible.ts'

export const ResourceGroupShape = z
  .strictObject({
    name: z.string(),
    mode: z.enum(PROCESS_MODES).describe('The order in which its jobs take turns.'),
    heldBy: IdOrNull.describe('The job that has the resource; null while it is free.'),
    waiting: Count.describe('How many jobs wait for the resource.'),
  })
  .meta({ id: 'ResourceGroup' })

export const ResourceGroupsShape = pageOfItems(ResourceGroupShape).meta({ id: 'ResourceGroups' })

export const showResourceGroup = (group: ResourceGroup): z.input<typeof ResourceGroupShape> => ({
  name: visible(group.name),
  mode: group.mode,
  heldBy: group.heldBy,
  waiting: group.waiting,
})
