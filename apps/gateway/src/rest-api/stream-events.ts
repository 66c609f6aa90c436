import { once } from 'node:events'
import { isTrackedEnvelope } from '@trpc/server'
import type { Request, Response } from 'express'

/** Milliseconds between pings, because proxies close connections that are silent for a minute. */
const PING_MS = 15_000

/**
 * Sends events as they occur (`text/event-stream`). Awaits the first one before the answer begins, so that a refusal
 * can still set the status.
 */
export async function streamEvents(req: Request, res: Response, events: AsyncIterable<unknown>): Promise<void> {
  const iterator = events[Symbol.asyncIterator]()
  let next = await iterator.next()
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  })
  const ping = setInterval(() => res.writableLength === 0 && res.write(': still here\n\n'), PING_MS)
  try {
    if (req.method !== 'HEAD') {
      for (; !next.done && !res.closed; next = await iterator.next()) await write(res, spell(next.value))
    }
  } finally {
    clearInterval(ping)
    await iterator.return?.()
  }
  res.end()
}

/** Writes, and waits until the client can take more or has left. */
async function write(res: Response, text: string): Promise<void> {
  if (res.write(text) || res.closed) return
  const over = new AbortController()
  await Promise.race([once(res, 'drain', over), once(res, 'close', over)]).finally(() => over.abort())
}

function spell(value: unknown): string {
  if (!isTrackedEnvelope(value)) return `data: ${JSON.stringify(value)}\n\n`
  const [id, data] = value
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}
