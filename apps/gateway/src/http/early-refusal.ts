import type { DomainError } from '@yardmaster/domain'
import type { Request, Response } from 'express'
import { answerEarly } from './answer-early.ts'
import { refusal, replyJson, replyText } from './reply.ts'

/** Answers with a use case's refusal before, or while, the body is read. */
export function refuseEarly(req: Request, res: Response, error: DomainError): void {
  replyJsonEarly(req, res, ...refusal(res, error))
}

/** `replyJson` for a request whose body may not have been read. */
export function replyJsonEarly(req: Request, res: Response, status: number, body: unknown): void {
  res.statusCode = status
  if (req.readableEnded) replyJson(res, status, body)
  else answerEarly(req, res, 'application/json', JSON.stringify(body))
}

/** `replyText` for a request whose body may not have been read. */
export function replyTextEarly(req: Request, res: Response, status: number, text: string): void {
  res.statusCode = status
  if (req.readableEnded) replyText(res, status, text)
  else answerEarly(req, res, 'text/plain', text)
}
