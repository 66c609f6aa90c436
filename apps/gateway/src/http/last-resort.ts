import type { Request, Response } from 'express'
import type { Logger } from '../log.ts'
import { replyJson } from './reply.ts'

/** Answers a request that failed. */
export type LastResort = (error: unknown, req: Request, res: Response) => void

/** A bug. No detail is ever leaked (`docs/protocol/common.md 5`). */
export function lastResort(log: Logger): LastResort {
  return (error, req, res) => {
    const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500
    if (res.headersSent || res.closed) {
      if (res.headersSent && !isHangUp(error)) log.error({ err: error, path: req.path }, 'an answer broke off')
      else log.debug({ err: error, path: req.path }, 'a client left in the middle of an answer')
      res.destroy()
      return
    }
    if (status >= 400 && status < 500) return replyJson(res, status, { message: `${status} Bad Request` })
    log.error({ err: error, method: req.method, path: req.path }, 'a request failed')
    replyJson(res, 500, { message: '500 Internal Server Error' })
  }
}

/** What writing to a client that is gone fails with. */
const HANG_UPS: readonly unknown[] = ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ECONNRESET', 'EPIPE']

const isHangUp = (error: unknown): boolean => error instanceof Error && 'code' in error && HANG_UPS.includes(error.code)
