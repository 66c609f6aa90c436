import { AsyncResource } from 'node:async_hooks'
import type { Request, Response } from 'express'
import { MOST_DROPPED_BYTES, MOST_DROPPING_MS } from './read-body.ts'

/**
 * An answer before the body was read. What still comes is dropped for a bounded while, with the connection kept open
 * that long: a sender whose connection is reset sees the reset and not the answer (`docs/protocol/artifacts.md 3.3`).
 */
export function answerEarly(req: Request, res: Response, type: string, body: string): void {
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
