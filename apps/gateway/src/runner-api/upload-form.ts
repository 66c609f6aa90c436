import { isUtf8 } from 'node:buffer'
import type { Request } from 'express'
import { Blocks, inBlocks, release } from '../http/blocks.ts'
import { edgeOf } from '../http/limits.ts'
import { watchPace } from '../http/minimum-rate.ts'
import { boundaryOf, FormReader, MalformedForm, type Part } from '../http/multipart.ts'

/** The sender disconnected. */
export class SenderGone extends Error {}

/** The sender was slower than the minimum rate, or took longer than any upload may. */
export class SenderTooSlow extends Error {}

/** Limit of a form without its file: part headers, fields, and bytes before and after the form. */
const MOST_OVERHEAD_BYTES = 1_048_576
const MOST_PARTS = 1000
const LONGEST_FIELD_BYTES = 65_536
/** Larger than a socket's chunks, because each chunk leaves some garbage at every step. */
const BLOCK_BYTES = 262_144
/** Longer than any file system allows. */
const LONGEST_FILENAME = 1024
/** Runners give up after 60 minutes (`docs/protocol/client.md 1`). */
const LONGEST_UPLOAD_MS = 65 * 60_000

/** Parameters of an upload that a form may carry as fields (`docs/protocol/artifacts.md 3.1`). */
const KNOWN = ['artifact_type', 'artifact_format', 'expire_in', 'accessibility', 'file', 'metadata'] as const
export type UploadField = (typeof KNOWN)[number]

/**
 * Returns whether a field name is one by which the reference's front proxy describes an accepted file. A client that
 * sends one pretends to be that proxy (`docs/protocol/artifacts.md 3.3, step 7`).
 */
export const isForged = (name: string): boolean => /^(?:file|metadata)[.[]/.test(name)

export interface UploadedFile {
  /** Without directories; never empty, `.` or `..`. */
  readonly filename: string
  /**
   * Read it once. It ends only when the whole form was read and is valid. The sender is held back to the reader's pace.
   * Each chunk is valid only until the next one is read.
   *
   * @throws MalformedForm, SenderGone, SenderTooSlow
   */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** One `multipart/form-data` request while it is read. */
export interface UploadForm {
  /** Reads up to the file; null when the form ended without one. @throws MalformedForm, SenderGone, SenderTooSlow */
  file(): Promise<UploadedFile | null>
  /** Text fields received so far, the last of each name. Complete once the file's bytes were read. */
  readonly fields: Readonly<Partial<Record<UploadField, string>>>
  /** Aborts, with the reason, when the form can't be read to its end. */
  readonly signal: AbortSignal
  /** Stops reading the request. The rest of it stays unread. */
  leave(): void
}

/** Begins to read a form. @returns null for a form without a boundary. */
export function readUploadForm(req: Request): UploadForm | null {
  const boundary = boundaryOf(req.headers['content-type'] ?? '')
  if (boundary === null) return null
  const source = receive(req)
  const reader = new FormReader(source.chunks, boundary)
  const fields: Partial<Record<UploadField, string>> = {}
  let parts = 0
  let hasFile = false

  /** Reads fields up to the next file; null when there is none. */
  async function nextFile(): Promise<{ filename: string; part: Part } | null> {
    for (let part = await reader.next(); part; part = await reader.next()) {
      parts += 1
      if (parts > MOST_PARTS) throw new MalformedForm('too many parts')
      if (part.name === null) continue
      if (isForged(part.name)) throw new MalformedForm('a field that only a proxy may send')
      if (part.filename === null) {
        const known = KNOWN.find((one) => one === part.name)
        if (known) fields[known] = await textOf(part)
        continue
      }
      const filename = baseName(part.filename)
      if (hasFile || part.name !== 'file' || filename === null) throw new MalformedForm('a file that is not expected')
      hasFile = true
      return { filename, part }
    }
    await reader.drain()
    return null
  }

  async function* bytesOf(part: Part): AsyncGenerator<Uint8Array> {
    using blocks = new Blocks({ count: 2, size: BLOCK_BYTES })
    yield* inBlocks(source.isFile(part.bytes), blocks, release)
    // Some clients send fields after the file. Another file throws.
    await nextFile()
  }

  return {
    async file() {
      const found = await nextFile()
      return found && { filename: found.filename, bytes: bytesOf(found.part) }
    },
    fields,
    signal: source.signal,
    leave: source.leave,
  }
}

/** Yields the bytes of a request at the reader's pace, until its sender fails. */
function receive(req: Request) {
  const broken = new AbortController()
  const iterator: AsyncIterator<Buffer> = req.iterator({ destroyOnReturn: false })
  let overhead = 0
  let left = false

  const fail = (error: Error): void => {
    if (left || req.readableEnded) return
    leave()
    broken.abort(error)
  }
  const onClose = (): void => fail(new SenderGone())
  const tooSlow = setTimeout(() => fail(new SenderTooSlow()), LONGEST_UPLOAD_MS).unref()
  const pace = watchPace(edgeOf(req).limits.leastPace, () => fail(new SenderTooSlow()))
  const leave = (): void => {
    // Only once: afterwards the request belongs to other code.
    if (left) return
    left = true
    clearTimeout(tooSlow)
    pace.end()
    req.off('close', onClose)
    iterator.return?.().catch(() => {})
  }
  req.on('close', onClose)
  if (req.destroyed) onClose()

  async function* chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      broken.signal.throwIfAborted()
      pace.wait()
      const next = await nextOrAborted(iterator, broken.signal)
      pace.rest()
      if (next.done) return
      pace.came(next.value.length)
      overhead += next.value.length
      // Bytes of the file are subtracted only when they are read, and one chunk may hold the end of the file.
      if (overhead > MOST_OVERHEAD_BYTES + next.value.length) throw new MalformedForm('too much around the file')
      yield next.value
    }
  }

  async function* isFile(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      overhead -= chunk.length
      yield chunk
    }
  }
  return { chunks: chunks(), isFile, signal: broken.signal, leave }
}

/** Returns the request's next chunk. A broken request also ends its iterator; the reason is then in the signal. */
function nextOrAborted(iterator: AsyncIterator<Buffer>, signal: AbortSignal): Promise<IteratorResult<Buffer>> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    iterator
      .next()
      .finally(() => signal.removeEventListener('abort', abort))
      .then(resolve, (error) => reject(signal.aborted ? signal.reason : new SenderGone('', { cause: error })))
  })
}

async function textOf({ bytes }: Part): Promise<string> {
  const read: Buffer[] = []
  let length = 0
  for await (const chunk of bytes) {
    length += chunk.length
    if (length > LONGEST_FIELD_BYTES) throw new MalformedForm('a field is too long')
    // Joined now and then, because a chunk may be a single byte.
    read.push(chunk)
    if (read.length === 1024) read.splice(0, read.length, Buffer.concat(read))
  }
  const text = Buffer.concat(read)
  if (!isUtf8(text) || text.includes(0)) throw new MalformedForm('a field is not text')
  return text.toString('utf8')
}

/** Returns the last segment of a path; null when it is empty or not a valid file name. */
function baseName(path: string): string | null {
  const [name = ''] = path
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .slice(-1)
  const isName = name !== '' && name !== '.' && name !== '..' && name.length <= LONGEST_FILENAME && !name.includes('\0')
  return isName && name.isWellFormed() ? name : null
}
