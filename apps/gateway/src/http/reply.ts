import type { DomainError } from '@yardmaster/domain'
import type { Response } from 'express'
import { describeRequest } from '../log.ts'
import { answerRunner, describeRefusal, type Refusal } from '../refusals.ts'

/**
 * Sends exactly `application/json`, without a charset (`docs/protocol/common.md 6`) and without an ETag: the
 * reference's 201 has neither, and nothing here may be cached.
 */
export function replyJson(res: Response, status: number, body: unknown, type = 'application/json'): void {
  const bytes = Buffer.from(JSON.stringify(body))
  res.statusCode = status
  res.setHeader('Content-Type', type)
  res.setHeader('Content-Length', bytes.length)
  res.end(bytes)
}

/** Sends plain text, as the reference's front proxy does for a few refusals. */
export function replyText(res: Response, status: number, text: string): void {
  res.statusCode = status
  res.setHeader('Content-Type', 'text/plain')
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.end(text)
}

/** Sends an answer without a body. */
export function replyEmpty(res: Response, status: number): void {
  res.statusCode = status
  res.end()
}

/** Sends a use case's refusal with the words and headers that a runner understands. */
export function refuse(res: Response, error: DomainError): void {
  replyJson(res, ...refusal(res, error))
}

/** Sets the headers of a refusal, adds its cause to the request's log line, and returns its status and body. */
export function refusal(res: Response, error: DomainError): [status: number, body: unknown] {
  const { status, headers = {}, body } = answerRunner(error)
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  if (error.kind === 'storage_failed') describeRequest({ err: error.cause })
  return [status, body]
}

/** Refuses an administrator's request outside the API procedures, with a sentence and with the refusal as data. */
export function refuseAdmin(res: Response, error: Refusal): void {
  const { status, sentence, refusal } = describeRefusal(error)
  replyJson(res, status, { message: sentence, refusal })
}
