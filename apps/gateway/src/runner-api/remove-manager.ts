import { removeManager } from '@yardmaster/domain/runners'
import type { RequestHandler } from 'express'
import { refuse, replyEmpty } from '../http/reply.ts'
import { unmodifiedSince } from '../http/unmodified-since.ts'
import type { RunnerContext } from './context.ts'
import { notBlank, parameters, required, systemId, text } from './parameters.ts'

export const removeManagerParameters = parameters({ token: required(text), system_id: notBlank(systemId) })

/** `DELETE /runners/managers`: removes one process; its runner stays. @see `docs/protocol/runners.md 5` */
export function removeManagerRoute({ services, record }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const given = await removeManagerParameters.read(req, res)
    if (!given) return

    const removed = await removeManager(services, {
      token: given.token,
      systemId: given.system_id,
      ...unmodifiedSince(req),
    })
    if (!removed.ok) return refuse(res, removed.error)
    const { runnerId, managerId } = removed.value
    await record(req, 'runner', 'runners.removeManager', runnerId, { managerId })
    replyEmpty(res, 204)
  }
}
