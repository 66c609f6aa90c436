import type { Group } from '@yardmaster/domain/projects'
import { z } from 'zod'
import { IdShape, list, TextOrNull } from './values.ts'

export const GroupShape = z
  .strictObject({
    id: IdShape,
    path: z.string(),
    registrationToken: TextOrNull.describe('Null when the stored token is damaged.'),
  })
  .meta({ id: 'Group' })

export const GroupsShape = list(GroupShape)

export const showGroup = (group: Group): z.input<typeof GroupShape> => ({
  id: group.id,
  path: group.path,
  registrationToken: group.registrationToken,
})
