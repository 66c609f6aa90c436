import { createProjectToken, revokeProjectToken, TOKEN_ACCESSES } from '@yardmaster/domain/project-tokens'
import { z } from 'zod'
import { NewProjectTokenShape, ProjectTokensShape, showProjectToken } from '../shapes/project-token.ts'
import { Nothing } from '../shapes/values.ts'
import { ById, before, Id, line, page, pageOf } from './inputs.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

/** `projectTokens.*` of the admin API. */
export const projectTokensRouter = router({
  list: procedure({
    rest: 'GET /projects/{projectId}/tokens',
    summary: 'Lists the tokens of a project, the newest first.',
    output: ProjectTokensShape,
    refuses: ['project_not_found'],
  })
    .input(z.strictObject({ ...page, projectId: Id }))
    .query(async ({ ctx: { services }, input: { projectId, cursor, limit } }) => {
      found(await services.projects.find(projectId), { kind: 'project_not_found', id: projectId })
      const tokens = await services.projectTokens.list({ projectId, before: before(cursor), limit: limit + 1 })
      return pageOf(tokens, limit, showProjectToken)
    }),

  create: procedure({
    rest: 'POST /projects/{projectId}/tokens',
    summary: 'Creates a password of `git` over HTTP for a project, and returns it once.',
    output: NewProjectTokenShape,
    creates: true,
    refuses: ['project_not_found', 'project_token_invalid'],
  })
    .input(
      z.strictObject({
        projectId: Id,
        name: line(255),
        access: z.enum(TOKEN_ACCESSES),
        expiresAt: z.iso.datetime({ offset: true }).nullish(),
      }),
    )
    .mutation(async ({ ctx: { services }, input: { expiresAt, ...given } }) =>
      unwrap(
        await createProjectToken(services, { ...given, expiresAt: expiresAt == null ? null : new Date(expiresAt) }),
      ),
    ),

  revoke: procedure({
    rest: 'DELETE /project-tokens/{id}',
    summary: 'Revokes a token of a project at once.',
    output: Nothing,
    refuses: ['project_token_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => {
      unwrap(await revokeProjectToken(services, id))
    }),
})
