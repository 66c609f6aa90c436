import { type CommitStatus, FORGES, type StatusTarget } from '@yardmaster/domain/commit-statuses'
import { z } from 'zod'
import { AttemptsShape, showAttempts } from './attempt.ts'
import { IdOrNull, IdShape, pageOfItems, Time, TimeOrNull } from './values.ts'

/** `commitStatus` of a project. */
export const StatusTargetShape = z.strictObject({
  forge: z.enum(FORGES),
  address: z.string().describe('Of the repository: its page, or its address in the API of the forge.'),
  context: z.string().describe('The name of the status of pipelines; those of jobs have it as a prefix.'),
  jobs: z.boolean().describe('Whether jobs have statuses of their own.'),
  pausedUntil: TimeOrNull.describe('Until then the forge wants no requests.'),
})

export const showStatusTarget = (target: StatusTarget): z.input<typeof StatusTargetShape> => ({
  forge: target.forge,
  address: target.address,
  context: target.context,
  jobs: target.jobs,
  pausedUntil: target.pausedUntil,
})

export const CommitStatusShape = z
  .strictObject({
    id: IdShape,
    projectId: IdShape,
    sha: z.string(),
    context: z.string().describe('The name of the status.'),
    pipelineId: IdShape,
    jobId: IdOrNull.describe('Null for the status of the pipeline.'),
    state: z.enum(['waiting', 'delivered', 'failed']),
    changedAt: Time.describe('When the pipeline or the job last changed.'),
    dueAt: TimeOrNull.describe('Time of the next attempt; null when there is none.'),
    sent: z
      .strictObject({
        state: z.enum(['pending', 'running', 'success', 'failure', 'canceled', 'skipped']),
        description: z.string(),
        at: Time,
      })
      .nullable()
      .describe('What the forge accepted last; null when nothing, or when that is not known.'),
    attempts: AttemptsShape.describe('The last eight.'),
  })
  .meta({ id: 'CommitStatus' })

export const CommitStatusesShape = pageOfItems(CommitStatusShape).meta({ id: 'CommitStatuses' })

export const showCommitStatus = (status: CommitStatus): z.input<typeof CommitStatusShape> => ({
  id: status.id,
  projectId: status.projectId,
  sha: status.sha,
  context: status.context,
  pipelineId: status.pipelineId,
  jobId: status.jobId,
  state: status.state,
  changedAt: status.changedAt,
  dueAt: status.dueAt,
  sent: status.sent &&
    status.sentAt && { state: status.sent.state, description: status.sent.description, at: status.sentAt },
  attempts: showAttempts(status.attempts),
})
