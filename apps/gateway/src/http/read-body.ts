import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import { release } from './blocks.ts'
import type { Holding } from './body-budget.ts'
import { edgeOf } from './limits.ts'
import { watchPace } from './minimum-rate.ts'

const NOTHING = Buffer.alloc(0)
/** The first block of a body that comes in pieces; each further one is twice as large. */
const FIRST_BLOCK_BYTES = 4096

/** What a refused sender may still send before its connection is cut: bytes, and milliseconds. */
export const MOST_DROPPED_BYTES = 64 * 1_048_576
export const MOST_DROPPING_MS = 10_000

/**
 * Why there is no body: more bytes than allowed; slower than allowed; given up because too much is being received from
 * senders nobody knows; or the sender hung up, and there is nobody to answer.
 */
export type BodyFailure = 'too_large' | 'too_slow' | 'crowded' | 'gone'

/**
 * The whole body, up to `limitBytes`. Its bytes are copied into one block that grows, because a chunk may be a single byte
 * and a view of it takes a hundred. What still comes after a failure is left unread: answer, then `dropRest`.
 *
 * @param known - the sender was authorized: it may take its time and takes nothing of what others share.
 */
export function readBody(req: Request, limitBytes: number, { known = false } = {}): Promise<Buffer | BodyFailure> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) return Promise.resolve('too_large')

  const { limits, budget } = edgeOf(req)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | BodyFailure>()
  let only: Buffer | null = null
  let block = NOTHING
  let length = 0

  const finish = (outcome: Buffer | BodyFailure): void => {
    clearTimeout(tooSlow)
    pace?.end()
    req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
    if (block.length > 0 && !known) budget.hold(holding, 0)
    if (typeof outcome === 'string') {
      req.pause()
      release(block)
    }
    resolve(outcome)
  }
  const holding: Holding = { give: () => finish('crowded') }
  const onClose = (): void => finish('gone')
  const onEnd = (): void => finish(only ?? block.subarray(0, length))
  const append = (chunk: Buffer): void => {
    if (length + chunk.length > block.length) {
      const larger = Buffer.allocUnsafeSlow(sizeFor(length + chunk.length))
      larger.set(block.subarray(0, length))
      release(block)
      block = larger
      if (!known) budget.hold(holding, block.length)
    }
    // Given up a moment ago, to make room for itself.
    if (block.length === 0) return
    block.set(chunk, length)
    length += chunk.length
  }
  const onData = (chunk: Buffer): void => {
    pace?.came(chunk.length)
    try {
      if (length + chunk.length > limitBytes) finish('too_large')
      // Nearly every request of a runner arrives in one chunk: no copy then.
      else if (length === 0 && chunk.length === Number(req.headers['content-length'])) only = chunk
      else append(chunk)
    } catch (error) {
      // No memory for it. What a listener throws would end the process.
      reject(error)
      finish('gone')
    }
  }
  const tooSlow = known ? undefined : setTimeout(() => finish('too_slow'), limits.bodyMs)
  const pace = known ? watchPace(limits.leastPace, () => finish('too_slow')) : null
  pace?.wait()
  req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  if (req.destroyed && !req.readableEnded) finish('gone')
  return promise
}

const sizeFor = (bytes: number): number => Math.max(FIRST_BLOCK_BYTES, 2 ** Math.ceil(Math.log2(bytes)))

/**
 * Reads and drops what the client still sends, for a bounded while, so that it sees the answer and not a reset.
 */
export function dropRest(req: IncomingMessage): void {
  let dropped = 0
  const cut = (): void => {
    req.destroy()
  }
  const timer = setTimeout(cut, MOST_DROPPING_MS).unref()
  req.on('data', (chunk: Buffer) => {
    dropped += chunk.length
    if (dropped > MOST_DROPPED_BYTES) cut()
  })
  req.on('close', () => clearTimeout(timer))
  req.on('end', () => clearTimeout(timer))
  req.resume()
}
