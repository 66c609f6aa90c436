import type { Services } from '@yardmaster/domain'
import { isHookKind, receiveDelivery } from '@yardmaster/domain/hooks'
import { type Request, type RequestHandler, Router } from 'express'
import { readBody } from '../http/read-body.ts'
import { refuseBody } from '../http/refuse-body.ts'
import { refuse, replyJson } from '../http/reply.ts'
import type { Metrics } from '../metrics.ts'

/** As much as GitHub sends, which is more than any other forge does. */
const MOST_BYTES = 25 * 1_048_576

interface HookParts {
  readonly services: Pick<Services, 'hooks' | 'events' | 'clock'>
  readonly metrics: Pick<Metrics, 'hookRequests'>
}

/**
 * `POST /hooks/<project id>/<kind>`: what forges send. Whatever is wrong with the project, its secret or the signature is
 * answered alike, so that a stranger learns nothing about projects.
 *
 * @see `docs/hooks.md`
 */
export function hooks(parts: HookParts): Router {
  const router = Router({ caseSensitive: true })
  router.post('/:projectId/:kind', receive(parts))
  return router
}

const receive =
  ({ services, metrics }: HookParts): RequestHandler =>
  async (req, res, next) => {
    const { kind = '', projectId = '' } = req.params as Record<string, string>
    if (!isHookKind(kind)) return next()
    const count = (answer: 'accepted' | 'repeated' | 'refused' | 'malformed') =>
      metrics.hookRequests.inc({ kind, answer })
    const body = await readBody(req, MOST_BYTES)
    if (typeof body === 'string') {
      count('malformed')
      return refuseBody(req, res, body)
    }
    const received = await receiveDelivery(services, { projectId: idIn(projectId), kind, body, header: headersOf(req) })
    if (received.ok) {
      count(received.value.isNew ? 'accepted' : 'repeated')
      return replyJson(res, 202, { id: received.value.id })
    }
    count(received.error.kind === 'hook_refused' ? 'refused' : 'malformed')
    refuse(res, received.error)
  }

/** Returns 0, which no project has, for what is no id. */
const idIn = (text: string): number => (/^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0)

function headersOf({ headers }: Request): (name: string) => string | undefined {
  return (name) => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
}
