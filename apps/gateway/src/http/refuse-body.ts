import type { Request, Response } from 'express'
import { replyJsonEarly } from './early-refusal.ts'
import { type BodyFailure, dropRest } from './read-body.ts'
import { replyJson } from './reply.ts'

/**
 * Seconds after which there may be room again: most bodies arrive at once, and the slowest are refused after a minute.
 */
const RETRY_AFTER_SECONDS = 5

/**
 * Answers a request whose body could not be read. The rest of the body is dropped for a while, then the connection
 * ends.
 *
 * @param tooLarge - sends the route's own answer 413.
 */
export function refuseBody(req: Request, res: Response, failure: BodyFailure, tooLarge = refuseTooLarge): void {
  if (failure === 'gone') return
  if (failure === 'too_large') {
    tooLarge(req, res)
    return
  }
  // A further request on this connection would come after a body that is not read.
  res.setHeader('Connection', 'close')
  if (failure === 'too_slow') replyJson(res, 408, { message: '408 Request Timeout' })
  else {
    res.setHeader('Retry-After', RETRY_AFTER_SECONDS)
    replyJson(res, 503, { message: '503 Service Unavailable - too much is being received at the moment' })
  }
  dropRest(req)
}

/** `docs/protocol/common.md 2.10`. */
export const refuseTooLarge = (req: Request, res: Response): void =>
  replyJsonEarly(req, res, 413, { message: '413 Request Entity Too Large' })
