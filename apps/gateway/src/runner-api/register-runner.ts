import { registerRunner } from '@yardmaster/domain/runners'
import type { RequestHandler } from 'express'
import { refuse, replyJson } from '../http/reply.ts'
import type { RunnerIdentity } from './answers.ts'
import type { RunnerContext } from './context.ts'
import { boolean, hash, parameters, required, text, unlessBlank } from './parameters.ts'
import { furtherAttributes, runnerAttributes } from './runner-attributes.ts'

export const registerRunnerParameters = parameters(
  {
    token: required(text),
    description: text,
    // The old name of maintenance_note, declared before it.
    maintainer_note: text,
    maintenance_note: text,
    info: hash({ name: text, version: text, revision: text, platform: text, architecture: text }),
    // The old form of `paused`, negated.
    active: boolean,
    paused: boolean,
    ...furtherAttributes,
  },
  {
    exclusive: [
      ['maintainer_note', 'maintenance_note'],
      ['active', 'paused'],
    ],
  },
)

/** `POST /runners`: registers a runner with a registration token. @see `docs/protocol/runners.md 2` */
export function registerRunnerRoute({ services, record }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const given = await registerRunnerParameters.read(req, res)
    if (!given) return

    const registered = await registerRunner(services, {
      token: given.token,
      name: unlessBlank(given.info?.name) ?? null,
      attributes: runnerAttributes({
        ...given,
        maintenance_note: given.maintenance_note ?? given.maintainer_note,
        paused: given.paused ?? (typeof given.active === 'boolean' ? !given.active : null),
      }),
    })
    if (!registered.ok) return refuse(res, registered.error)

    const { id, token, tokenExpiresAt } = registered.value
    await record(req, 'registration_token', 'runners.register', id)
    replyJson(res, 201, { id, token, token_expires_at: tokenExpiresAt } satisfies RunnerIdentity)
  }
}
