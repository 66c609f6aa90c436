import { AsyncResource } from 'node:async_hooks'
import type { DomainError } from '@yardmaster/domain'
import type { Request, Response } from 'express'
import { refusal, replyJson, replyText } from './reply.ts'

/** What a refused sender may still send before its connection is cut: bytes, and milliseconds. */
const MOST_DROPPED_BYTES = 64 * 1_048_576
const MOST_DROPPING_MS = 10_000

/**
 * An answer before the body was read. What still comes is dropped for a bounded while, with the connection kept open
 * that long: a sender whose connection is reset sees the reset and not the answer (`artifacts.md` 3.3).
 */
function answerEarly(req: Request, res: Response, type: string, body: string): void {
  const bytes = Buffer.from(body)
  res.setHeader('Connection', 'close')
  res.setHeader('Content-Type', type)
  res.setHeader('Content-Length', bytes.length)
  // Whole for who reads it; the end of it, which closes the connection, comes later.
  res.write(bytes)
  let dropped = 0
  // Called by the socket, which knows nothing of the request whose line of the log this brings about.
  const end = AsyncResource.bind((): void => {
    clearTimeout(timer)
    res.end()
  })
  const timer = setTimeout(end, MOST_DROPPING_MS)
  req.on('data', (chunk: Buffer) => {
    dropped += chunk.length
    if (dropped > MOST_DROPPED_BYTES) end()
  })
  req.on('end', end)
  req.on('close', end)
  req.resume()
}

/** What a use case refused before, or while, the body was read. */
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
