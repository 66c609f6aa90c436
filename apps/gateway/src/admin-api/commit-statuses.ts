import { resendStatus } from '@yardmaster/domain/commit-statuses'
import { z } from 'zod'
import { CommitStatusesShape, CommitStatusShape, showCommitStatus } from '../shapes/commit-status.ts'
import { before, Id, longPage, pageOf } from './inputs.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

/** `commitStatuses.*` of the admin API. */
export const commitStatusesRouter = router({
  list: procedure({
    rest: 'GET /commit-statuses',
    summary:
      'Lists statuses of commits that were sent, or are to be sent, to the forge of a project, the newest first.',
    output: CommitStatusesShape,
    refuses: ['project_not_found'],
  })
    .input(z.strictObject({ ...longPage, projectId: Id, pipelineId: Id.optional(), jobs: z.boolean().optional() }))
    .query(async ({ ctx: { services }, input: { projectId, pipelineId, jobs, cursor, limit } }) => {
      found(await services.projects.find(projectId), { kind: 'project_not_found', id: projectId })
      const query = { projectId, pipelineId, jobs, before: before(cursor), limit: limit + 1 }
      return pageOf(await services.commitStatuses.list(query), limit, showCommitStatus)
    }),

  resend: procedure({
    rest: 'POST /commit-statuses/{id}/resend',
    summary: 'Sends a status of a commit again, as its pipeline or job is now.',
    output: CommitStatusShape,
    refuses: ['commit_status_not_found', 'commit_status_not_sendable'],
  })
    .input(z.strictObject({ id: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }))
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showCommitStatus(unwrap(await resendStatus(services, id))),
    ),
})
