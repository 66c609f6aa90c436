import { type IssuedToken, rotateOwnToken, rotateTokenById } from '@yardmaster/domain/runners'
import type { RequestHandler, Response } from 'express'
import { clientAddress } from '../http/client-address.ts'
import { refuse, replyJson } from '../http/reply.ts'
import type { IssuedTokenAnswer } from './answers.ts'
import { requireUser } from './auth.ts'
import type { RunnerContext } from './context.ts'
import { parameters, pathId, required, text } from './parameters.ts'

export const resetOwnTokenParameters = parameters({ token: required(text) })

/** `POST /runners/reset_authentication_token`: a runner replaces its token. @see `docs/protocol/runners.md 6` */
export function resetOwnTokenRoute({ services, trustedProxies, record }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const given = await resetOwnTokenParameters.read(req, res)
    if (!given) return

    const rotated = await rotateOwnToken(services, {
      token: given.token,
      ipAddress: clientAddress(req, trustedProxies),
    })
    if (!rotated.ok) return refuse(res, rotated.error)
    await record(req, 'runner', 'runners.rotateToken', rotated.value.id)
    replyToken(res, rotated.value)
  }
}

export const resetTokenParameters = parameters({ id: pathId })

/**
 * `POST /runners/:id/reset_authentication_token`: a user replaces a runner's token. @see `docs/protocol/runners.md 7`
 */
export function resetTokenRoute({ services, isAdminToken, onRecord }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const received = await resetTokenParameters.receive(req, res)
    const given = received && resetTokenParameters.check(received, res)
    if (!given || !requireUser(req, res, received, isAdminToken)) return

    const act = { action: 'runners.rotateToken', subjectIds: [given.id] }
    const rotated = await onRecord(req, act, () => rotateTokenById(services, given.id))
    if (!rotated.ok) return refuse(res, rotated.error)
    replyToken(res, rotated.value)
  }
}

/** Answers 201, because clients drop the new token after a 200. */
function replyToken(res: Response, { token, tokenExpiresAt }: IssuedToken): void {
  replyJson(res, 201, { token, token_expires_at: tokenExpiresAt } satisfies IssuedTokenAnswer)
}
