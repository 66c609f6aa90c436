import { describeRepository, refreshRepository } from '@yardmaster/domain/repositories'
import { z } from 'zod'
import { RepositoryShape, showRepository } from '../shapes/repository.ts'
import { Id } from './inputs.ts'
import { unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

const OfProject = z.strictObject({ projectId: Id })

/** `repositories.*` of the admin API. */
export const repositoriesRouter = router({
  get: procedure({
    rest: 'GET /projects/{projectId}/repository',
    summary: 'Returns how this process sees the repository of a project. Asks no other server.',
    output: RepositoryShape,
    refuses: ['project_not_found'],
  })
    .input(OfProject)
    .query(async ({ ctx: { services }, input: { projectId } }) =>
      showRepository(unwrap(await describeRepository(services, projectId))),
    ),

  refresh: procedure({
    rest: 'POST /projects/{projectId}/repository/refresh',
    summary: 'Reads the newest state of the repository of a project.',
    output: RepositoryShape,
    refuses: ['project_not_found', 'repository_missing', 'repository_unavailable'],
  })
    .input(OfProject)
    .mutation(async ({ ctx: { services }, input: { projectId } }) =>
      showRepository(unwrap(await refreshRepository(services, projectId))),
    ),
})
