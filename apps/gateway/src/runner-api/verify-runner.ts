import { verifyRunner } from '@yardmaster/domain/runners'
import type { RequestHandler } from 'express'
import { clientAddress } from '../http/client-address.ts'
import { refuse, replyJson } from '../http/reply.ts'
import type { RunnerIdentity } from './answers.ts'
import type { RunnerContext } from './context.ts'
import { looseObject, parameters, required, systemId, text } from './parameters.ts'

export const verifyRunnerParameters = parameters({ token: required(text), system_id: systemId, info: looseObject })

/** `POST /runners/verify`: answers 200, not 201, to a valid token. @see `docs/protocol/runners.md 3` */
export function verifyRunnerRoute({ services, trustedProxies }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const given = await verifyRunnerParameters.read(req, res)
    if (!given) return

    const verified = await verifyRunner(services, {
      token: given.token,
      systemId: given.system_id ?? null,
      info: given.info ?? null,
      ipAddress: clientAddress(req, trustedProxies),
    })
    if (!verified.ok) return refuse(res, verified.error)

    const { id, tokenExpiresAt } = verified.value
    replyJson(res, 200, { id, token: given.token ?? '', token_expires_at: tokenExpiresAt } satisfies RunnerIdentity)
  }
}
