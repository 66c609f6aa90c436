import type { Request, Response } from 'express'
import { replyJsonEarly } from './early-refusal.ts'
import { type BodyFailure, dropRest } from './read-body.ts'
import { replyJson } from './reply.ts'

/** Seconds after which a sender may find room: bodies are given up after a minute, most are through in a moment. */
const RETRY_AFTER_SECONDS = 5

/**
 * Answers a request whose body could not be had. What still comes of it is dropped for a while, and the connection ends.
 *
 * @param tooLarge - the route's own words for 413.
 */
export function refuseBody(req: Request, res: Response, failure: BodyFailure, tooLarge = refuseTooLarge): void {
  if (failure === 'gone') return
  if (failure === 'too_large') {
    tooLarge(req, res)
    return
  }
  // Whatever follows on this connection stands behind a body that nobody reads.
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
