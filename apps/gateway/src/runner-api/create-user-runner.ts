import { createRunner, RUNNER_TYPES, violationSentences } from '@yardmaster/domain/runners'
import type { RequestHandler } from 'express'
import { refuse, replyJson } from '../http/reply.ts'
import type { RunnerIdentity } from './answers.ts'
import { requireUser } from './auth.ts'
import type { RunnerContext } from './context.ts'
import { boolean, id, parameters, requiredOneOf } from './parameters.ts'
import { descriptiveAttributes, furtherAttributes, runnerAttributes } from './runner-attributes.ts'

export const createUserRunnerParameters = parameters(
  {
    runner_type: requiredOneOf(RUNNER_TYPES),
    group_id: id,
    project_id: id,
    ...descriptiveAttributes,
    paused: boolean,
    ...furtherAttributes,
  },
  { requiredWith: { group_id: ['runner_type', 'group_type'], project_id: ['runner_type', 'project_type'] } },
)

const sentenceList = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' })

/** `POST /user/runners`: creates a runner for a user, with a `glrt-` token. @see `docs/protocol/runners.md 8` */
export function createUserRunnerRoute({ services, isAdminToken, onRecord }: RunnerContext): RequestHandler {
  return async (req, res) => {
    // Only this endpoint authenticates before it validates parameters.
    const received = await createUserRunnerParameters.receive(req, res)
    if (!received || !requireUser(req, res, received, isAdminToken)) return
    const given = createUserRunnerParameters.check(received, res)
    if (!given) return

    const created = await onRecord(req, { action: 'runners.create', subjectIds: [] }, () =>
      createRunner(services, {
        ...runnerAttributes(given),
        runnerType: given.runner_type,
        groupId: given.group_id ?? undefined,
        projectId: given.project_id ?? undefined,
      }),
    )
    if (!created.ok) {
      if (created.error.kind !== 'runner_invalid') return refuse(res, created.error)
      const reason = sentenceList.format(violationSentences(created.error.violations))
      return replyJson(res, 400, { message: `400 Bad request - ${reason}` })
    }
    const { id, token, tokenExpiresAt } = created.value
    replyJson(res, 201, { id, token, token_expires_at: tokenExpiresAt } satisfies RunnerIdentity)
  }
}
