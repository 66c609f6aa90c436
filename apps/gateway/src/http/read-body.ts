import type { Request } from 'express'
import { release } from './blocks.ts'
import type { Holding } from './body-budget.ts'
import { edgeOf } from './limits.ts'
import { watchPace } from './minimum-rate.ts'

const NOTHING = Buffer.alloc(0)
/** Size of the first block of a body that arrives in several chunks; each further block is twice as large. */
const FIRST_BLOCK_BYTES = 4096

/** How many bytes a refused sender may still send before its connection is cut. */
export const MOST_DROPPED_BYTES = 64 * 1_048_576

/**
 * Why there is no body: more bytes than allowed; slower than allowed; dropped because too much is being received from
 * senders that are not authorized yet; or the sender hung up, so that nothing can be answered.
 */
export type BodyFailure = 'too_large' | 'too_slow' | 'crowded' | 'gone'

/**
 * Reads the whole body, up to `limitBytes`. Copies it into one growing block, because a chunk may be a single byte
 * while its `Buffer` takes a hundred. After a failure the rest stays unread: answer, then call `dropRest`.
 *
 * @param known - whether the sender is authorized: then no deadline applies, and the shared budget is not used.
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
    // The budget has just dropped this very body.
    if (block.length === 0) return
    block.set(chunk, length)
    length += chunk.length
  }
  const onData = (chunk: Buffer): void => {
    pace?.came(chunk.length)
    try {
      if (length + chunk.length > limitBytes) finish('too_large')
      // Nearly every request of a runner arrives in one chunk, which need not be copied.
      else if (length === 0 && chunk.length === Number(req.headers['content-length'])) only = chunk
      else append(chunk)
    } catch (error) {
      // Out of memory. An error thrown by a listener would end the process.
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
 * Reads and drops what the client still sends, for a bounded time, so that it sees the answer and not a reset.
 */
export function dropRest(req: Request): void {
  let dropped = 0
  const cut = (): void => {
    req.destroy()
  }
  const timer = setTimeout(cut, edgeOf(req).limits.droppingMs).unref()
  req.on('data', (chunk: Buffer) => {
    dropped += chunk.length
    if (dropped > MOST_DROPPED_BYTES) cut()
  })
  req.on('close', () => clearTimeout(timer))
  req.on('end', () => clearTimeout(timer))
  req.resume()
}
