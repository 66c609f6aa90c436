import { createHash } from 'node:crypto'
import { err, ok, type Result } from '@yardmaster/common'
import type { ArtifactTooLarge, StorageFailed } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { storageFailed } from './storage-failed.ts'

/** A completely received and durable upload. */
export interface ReceivedUpload {
  /** In bytes. */
  readonly size: number
  /** Lower-case hex. */
  readonly sha256: string
  /** The whole content, if it is not larger than `keep`. */
  readonly bytes: Uint8Array | null
}

/**
 * Streams a body to the object store and computes its digest. When it is larger than `largest` bytes, nothing is stored
 * and the rest is not read.
 *
 * @param upload.keep - up to this many bytes are kept in memory as well.
 * @throws the body's error, or the reason of the aborted signal; nothing is stored then.
 */
export async function receiveUpload(
  objects: Pick<ObjectStore, 'put'>,
  upload: {
    readonly key: string
    readonly body: AsyncIterable<Uint8Array>
    readonly largest: number
    readonly keep: number
    readonly signal: AbortSignal
  },
): Promise<Result<ReceivedUpload, ArtifactTooLarge | StorageFailed>> {
  const { largest, keep, signal } = upload
  const digest = createHash('sha256')
  const kept: Uint8Array[] = []
  let size = 0
  let tooLarge = false
  let failure: { readonly error: unknown } | null = null

  async function* counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of upload.body) {
        size += chunk.length
        if (size > largest) {
          tooLarge = true
          throw new Error(`more than ${largest} bytes`)
        }
        digest.update(chunk)
        // Copied, because its memory may be reused once the next chunk is requested.
        if (size <= keep) kept.push(Uint8Array.from(chunk))
        else kept.length = 0
        yield chunk
      }
    } catch (error) {
      failure ??= { error }
      throw error
    }
  }

  try {
    await objects.put(upload.key, counted(), signal)
  } catch (error) {
    if (tooLarge) return err({ kind: 'artifact_too_large' })
    signal.throwIfAborted()
    const broken = failure as { readonly error: unknown } | null
    if (broken) throw broken.error
    return err(storageFailed(error))
  }
  return ok({ size, sha256: digest.digest('hex'), bytes: size <= keep ? Buffer.concat(kept) : null })
}
