import type { DomainError } from '@yardmaster/domain'
import type { Response } from 'express'
import { describeRequest } from '../log.ts'
import { answerRunner, type Refusal, tell } from '../refusals.ts'

/**
 * Exactly `application/json`, without a charset (`docs/protocol/common.md 6`) and without an ETag: the reference's 201
 * has neither, and nothing here may be cached.
 */
export function replyJson(res: Response, status: number, body: unknown, type = 'application/json'): void {
  const bytes = Buffer.from(JSON.stringify(body))
  res.statusCode = status
  res.setHeader('Content-Type', type)
  res.setHeader('Content-Length', bytes.length)
  res.end(bytes)
}

/** The few refusals that the reference's front proxy gives in plain text. */
export function replyText(res: Response, status: number, text: string): void {
  res.statusCode = status
  res.setHeader('Content-Type', 'text/plain')
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.end(text)
}

/** A success or "nothing for you" that has no body. */
export function replyEmpty(res: Response, status: number): void {
  res.statusCode = status
  res.end()
}

/** What a use case refused, in the words and headers that a runner understands. */
export function refuse(res: Response, error: DomainError): void {
  replyJson(res, ...refusal(res, error))
}

/** Sets the headers of a refusal, and says its cause in the request's line of the log; then its status and body. */
export function refusal(res: Response, error: DomainError): [status: number, body: unknown] {
  const { status, headers = {}, body } = answerRunner(error)
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  if (error.kind === 'storage_failed') describeRequest({ err: error.cause })
  return [status, body]
}

/** Refuses a request of an administrator that no procedure answers: with a sentence, and the refusal as data. */
export function refuseAdmin(res: Response, error: Refusal): void {
  const { status, sentence, refusal } = tell(error)
  replyJson(res, status, { message: sentence, refusal })
}
