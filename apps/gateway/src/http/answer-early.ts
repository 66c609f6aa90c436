import { AsyncResource } from 'node:async_hooks'
import type { Request, Response } from 'express'
import { edgeOf } from './limits.ts'
import { MOST_DROPPED_BYTES } from './read-body.ts'

/**
 * Answers before the body was read. The connection stays open for a bounded time while the rest of the body is dropped:
 * a sender whose connection is reset sees the reset and not the answer (`docs/protocol/artifacts.md 3.3`).
 */
export function answerEarly(req: Request, res: Response, type: string, body: string): void {
  const bytes = Buffer.from(body)
  res.setHeader('Connection', 'close')
  res.setHeader('Content-Type', type)
  res.setHeader('Content-Length', bytes.length)
  // The client has the whole answer now; `end`, which closes the connection, comes later.
  res.write(bytes)
  let dropped = 0
  // The socket calls this outside the request's async context, which the request's line in the server log needs.
  const end = AsyncResource.bind((): void => {
    clearTimeout(timer)
    res.end()
  })
  const timer = setTimeout(end, edgeOf(req).limits.droppingMs)
  req.on('data', (chunk: Buffer) => {
    dropped += chunk.length
    if (dropped > MOST_DROPPED_BYTES) end()
  })
  req.on('end', end)
  req.on('close', end)
  req.resume()
}
