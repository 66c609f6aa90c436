import type { Request, Response } from 'express'
import type { Logger } from '../log.ts'
import { replyJson } from './reply.ts'

/** Answers a request that failed. */
export type LastResort = (error: unknown, req: Request, res: Response) => void

/** Answers 500 for a bug, without any detail (`docs/protocol/common.md 5`). */
export function lastResort(log: Logger): LastResort {
  return (error, req, res) => {
    const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500
    if (res.headersSent || res.closed) {
      if (res.headersSent && !isHangUp(error))
        log.error({ err: error, path: req.path }, 'sending the answer failed halfway')
      else log.debug({ err: error, path: req.path }, 'the client disconnected in the middle of the answer')
      res.destroy()
      return
    }
    if (status >= 400 && status < 500) return replyJson(res, status, { message: `${status} Bad Request` })
    log.error({ err: error, method: req.method, path: req.path }, 'the request failed')
    replyJson(res, 500, { message: '500 Internal Server Error' })
  }
}

/** Codes of errors when writing to a client that has disconnected. */
const HANG_UPS: readonly unknown[] = ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ECONNRESET', 'EPIPE']

const isHangUp = (error: unknown): boolean => error instanceof Error && 'code' in error && HANG_UPS.includes(error.code)
