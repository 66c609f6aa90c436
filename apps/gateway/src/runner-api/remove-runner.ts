import { removeRunner } from '@yardmaster/domain/runners'
import type { RequestHandler } from 'express'
import { refuse, replyEmpty } from '../http/reply.ts'
import { unmodifiedSince } from '../http/unmodified-since.ts'
import type { RunnerContext } from './context.ts'
import { parameters, required, text } from './parameters.ts'

export const removeRunnerParameters = parameters({ token: required(text) })

/** `DELETE /runners`: a runner unregisters itself. @see `docs/protocol/runners.md 4` */
export function removeRunnerRoute({ services, record }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const given = await removeRunnerParameters.read(req, res)
    if (!given) return

    const removed = await removeRunner(services, { token: given.token, ...unmodifiedSince(req) })
    if (!removed.ok) return refuse(res, removed.error)
    await record(req, 'runner', 'runners.remove', removed.value.id)
    replyEmpty(res, 204)
  }
}
