import { isUtf8 } from 'node:buffer'
import type { RequestHandler, Response } from 'express'
import { readBody } from '../read-body.ts'
import type { Access, Doorkeeper } from './session.ts'

const MOST_BYTES = 16 * 1_048_576

/** What tRPC calls these statuses. */
const CODES = { 400: 'BAD_REQUEST', 408: 'TIMEOUT', 413: 'PAYLOAD_TOO_LARGE' } as const

/** Who `readProcedureInput` found to be asking. */
export const accessOf = (res: Pick<Response, 'locals'>): Access => res.locals.access

/**
 * Comes before tRPC, which would keep a body as it arrives, whoever sends it, in a listener of its own. The body of an
 * administrator is read here; that of anybody else is not: the procedure refuses them by their credentials alone.
 */
export function readProcedureInput(doorkeeper: Pick<Doorkeeper, 'access'>): RequestHandler {
  return async (req, res, next) => {
    const access = await doorkeeper.access(req)
    res.locals.access = access
    // tRPC takes a body that is text as it is, and then leaves the request alone.
    req.body = ''
    if (access.kind === 'nobody' || req.method !== 'POST') return next()

    const bytes = await readBody(req, MOST_BYTES, { known: true })
    if (bytes === 'gone') return
    if (typeof bytes === 'string') {
      res.setHeader('Connection', 'close')
      return bytes === 'too_large'
        ? refuse(res, 413, `a request has at most ${MOST_BYTES / 1_048_576} MiB`)
        : refuse(res, 408, 'the body came too slowly')
    }
    if (!isUtf8(bytes)) return refuse(res, 400, 'the body is not UTF-8')
    req.body = bytes.toString('utf8')
    next()
  }
}

/** In the form in which tRPC's own refusals come. */
function refuse(res: Response, status: keyof typeof CODES, message: string): void {
  res.status(status).json({ error: { message, code: -32600, data: { code: CODES[status], httpStatus: status } } })
}
