import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Request } from 'express'
import { edgeOf } from '../http/limits.ts'
import { watchPace } from '../http/minimum-rate.ts'

/** Why a body could not be read to its end. */
export class UnreadableBody extends Error {
  readonly because: 'too_large' | 'too_slow' | 'malformed' | 'gone'

  constructor(because: UnreadableBody['because']) {
    super(`the body is ${because}`)
    this.because = because
  }
}

/**
 * Returns the body of a request piece by piece, unpacked if the client packed it, as git does with longer ones.
 *
 * @param most - bytes, of the body as it was before it was packed.
 * @returns null for a packing that git does not use.
 */
export function bodyOf(req: Request, most: number): AsyncGenerator<Uint8Array> | null {
  const packing = (req.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (packing === 'identity') return bounded(received(req), most)
  if (packing === 'gzip' || packing === 'x-gzip') return bounded(unpacked(received(req)), most)
  return null
}

async function* bounded(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > most) throw new UnreadableBody('too_large')
    yield chunk
  }
}

/** The time in which its reader is busy does not count. */
async function* received(req: Request): AsyncGenerator<Uint8Array> {
  const { promise: slow, reject } = Promise.withResolvers<never>()
  slow.catch(() => undefined)
  const pace = watchPace(edgeOf(req).limits.leastPace, () => reject(new UnreadableBody('too_slow')))
  const chunks = req.iterator({ destroyOnReturn: false })
  try {
    for (;;) {
      pace.wait()
      const next: IteratorResult<Buffer> = await Promise.race([chunks.next(), slow])
      pace.rest()
      if (next.done) break
      pace.came(next.value.length)
      yield next.value
    }
  } catch (error) {
    throw error instanceof UnreadableBody ? error : new UnreadableBody('gone')
  } finally {
    pace.end()
  }
  if (!req.complete) throw new UnreadableBody('gone')
}

async function* unpacked(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip()
  const failures: unknown[] = []
  const feeding = pipeline(Readable.from(packed), gunzip).catch((error: unknown) => failures.push(error))
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array
  } catch {
    await feeding
    throw failures.find((failure) => failure instanceof UnreadableBody) ?? new UnreadableBody('malformed')
  } finally {
    gunzip.destroy()
  }
}
