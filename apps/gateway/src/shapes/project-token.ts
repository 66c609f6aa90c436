import { type ProjectToken, TOKEN_ACCESSES } from '@yardmaster/domain/project-tokens'
import { z } from 'zod'
import { IdShape, pageOfItems, Time, TimeOrNull } from './values.ts'

export const ProjectTokenShape = z
  .strictObject({
    id: IdShape,
    projectId: IdShape,
    name: z.string(),
    access: z.enum(TOKEN_ACCESSES).describe('`write` includes `read`.'),
    tokenPrefix: z.string().describe('The beginning of the token.'),
    expiresAt: TimeOrNull.describe('Null when it does not expire.'),
    lastUsedAt: TimeOrNull.describe('To the minute; null when it was never used.'),
    createdAt: Time,
  })
  .meta({ id: 'ProjectToken' })

export const ProjectTokensShape = pageOfItems(ProjectTokenShape).meta({ id: 'ProjectTokens' })

export const NewProjectTokenShape = z
  .strictObject({ id: IdShape, token: z.string().describe('Shown once.') })
  .meta({ id: 'NewProjectToken' })

export const showProjectToken = (token: ProjectToken): z.input<typeof ProjectTokenShape> => ({
  id: token.id,
  projectId: token.projectId,
  name: token.name,
  access: token.access,
  tokenPrefix: token.tokenPrefix,
  expiresAt: token.expiresAt,
  lastUsedAt: token.lastUsedAt,
  createdAt: token.createdAt,
})
