import { inPieces } from '../artifacts/testing.ts'
import type { ObjectStore } from '../ports.ts'

const KEY = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/
const PIECE_BYTES = 65_536

/** For tests. Returns an object store in memory. */
export function memoryObjects(): ObjectStore & AsyncDisposable {
  const objects = new Map<string, { bytes: Buffer; modifiedAt: Date }>()
  const checked = (key: string): string => {
    if (!KEY.test(key)) throw new Error(`Not an object key: ${JSON.stringify(key)}`)
    return key
  }

  return {
    async put(key, body, signal) {
      checked(key)
      signal?.throwIfAborted()
      const bytes = body instanceof Uint8Array ? Buffer.from(body) : await gathered(body, signal)
      objects.set(key, { bytes, modifiedAt: new Date() })
      return { bytes: bytes.length }
    },
    async get(key, { start, end } = { start: 0 }) {
      const bytes = objects.get(checked(key))?.bytes
      return bytes ? inPieces(Buffer.from(bytes.subarray(start, end)), PIECE_BYTES) : null
    },
    async delete(keys) {
      for (const key of keys) objects.delete(checked(key))
    },
    async *list(prefix) {
      for (const [key, { bytes, modifiedAt }] of [...objects]) {
        if (key.startsWith(prefix)) yield { key, bytes: bytes.length, modifiedAt }
      }
    },
    link: async () => null,
    probe: async () => undefined,
    async [Symbol.asyncDispose]() {
      objects.clear()
    },
  }
}

/** Reads a whole body, which may reuse its memory; rejects once the signal aborts, even if the body is stalled. */
async function gathered(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Buffer> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const copies = Array.fromAsync(body, (chunk) => Buffer.from(chunk))
  try {
    return Buffer.concat(await Promise.race([copies, aborted.promise]))
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
