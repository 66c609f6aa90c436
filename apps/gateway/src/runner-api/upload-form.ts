import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Busboy, type BusboyFileStream } from '@fastify/busboy'
import { Blocks, inBlocks, release } from '../blocks.ts'

/** Not what it says it is: cut off before its last boundary, a part too many, or a field that a front proxy computes. */
export class MalformedForm extends Error {}

/** A parameter that came behind the file, and says something else than what the file was read with. */
export class LateField extends Error {}

/** Hung up, or was too slow. */
export class SenderGone extends Error {}

/** What a form without its file may take: part headers, fields, what stands before and behind. */
const MOST_OVERHEAD_BYTES = 1_048_576
const LIMITS = { parts: 1000, fields: 1000, fieldSize: 65_536, headerSize: 16_384, headerPairs: 64 }
/** Chunks of a socket are smaller, and each costs every step on its way some garbage. */
const BLOCK_BYTES = 262_144
/** Longer than any file system's. */
const LONGEST_FILENAME = 1024
/** Runners give up after 60 minutes (`client.md` 1). */
const LONGEST_UPLOAD_MS = 65 * 60_000

/** Parameters of an upload that a form may carry as fields (`artifacts.md` 3.1). */
const KNOWN = ['artifact_type', 'artifact_format', 'expire_in', 'accessibility', 'file', 'metadata'] as const
export type UploadField = (typeof KNOWN)[number]

/**
 * Whether a name is of those by which the reference's front proxy tells of the file it took: whoever sends one means to
 * pass for that proxy (`artifacts.md` 3.3, step 7).
 */
export const isForged = (name: string): boolean => /^(?:file|metadata)[.[]/.test(name)

export interface UploadedFile {
  /** Without directories; never empty, `.` or `..`. */
  readonly filename: string
  /**
   * To be read once. Ends only when the whole form was read and found right; else throws what `failure` says. The sender
   * is held back to the reader's pace. Only the chunk given last is what it was.
   */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** One `multipart/form-data` request while it is read. */
export interface UploadForm {
  /** The file; null when the form ended without one. Rejects with what `failure` says. */
  readonly file: Promise<UploadedFile | null>
  /** Text fields that have come so far; once the file is there, those before it. */
  readonly fields: Readonly<Partial<Record<UploadField, string>>>
  /** Why the form can't be read to its end. */
  readonly failure: MalformedForm | LateField | SenderGone | null
  /** Aborts when the form can't be read to its end. */
  readonly signal: AbortSignal
  /** Looks at the request no more. What still comes of it is left unread. */
  leave(): void
}

/**
 * Begins to read. A field behind the file that differs from `inEffect` is refused: the file was taken by what was known
 * at its beginning.
 *
 * @returns null for a form without a boundary.
 */
export function readUploadForm(
  req: IncomingMessage,
  inEffect: Readonly<Partial<Record<UploadField, string | null | undefined>>>,
): UploadForm | null {
  const parser = openParser(req)
  if (!parser) return null
  const fields: Partial<Record<UploadField, string>> = {}
  const found = Promise.withResolvers<UploadedFile | null>()
  const ended = Promise.withResolvers<void>()
  // Whoever waits for them hears of it; it is no mishap that nobody does.
  for (const { promise } of [found, ended]) promise.catch(() => {})
  const broken = new AbortController()
  setMaxListeners(0, broken.signal)
  let failure: MalformedForm | LateField | SenderGone | null = null
  let file: BusboyFileStream | null = null
  let received = 0
  let parsed = false
  let left = false

  const fail = (error: NonNullable<UploadForm['failure']>): void => {
    if (failure || (parsed && req.readableEnded)) return
    failure = error
    leave()
    found.reject(error)
    ended.reject(error)
    file?.destroy(error)
    broken.abort(error)
  }
  const malformed = (): void => fail(new MalformedForm())
  const settle = (): void => {
    if (!parsed || !req.readableEnded) return
    leave()
    found.resolve(null)
    ended.resolve()
  }

  const onData = (chunk: Buffer): void => {
    received += chunk.length
    if (received - (file?.bytesRead ?? 0) > MOST_OVERHEAD_BYTES + chunk.length) malformed()
    // What stands behind the last boundary is nobody's.
    else if (!parsed && !parser.write(chunk)) req.pause()
  }
  const onEnd = (): void => {
    parser.end()
    settle()
  }
  const onClose = (): void => {
    if (!req.readableEnded) fail(new SenderGone())
  }
  const tooSlow = setTimeout(onClose, LONGEST_UPLOAD_MS).unref()
  const leave = (): void => {
    // Once: afterwards the request is someone else's.
    if (left) return
    left = true
    clearTimeout(tooSlow)
    req.off('data', onData).off('end', onEnd).off('close', onClose)
    req.pause()
  }

  parser.on('drain', () => {
    if (!left) req.resume()
  })
  parser.on('error', malformed)
  for (const event of ['partsLimit', 'fieldsLimit']) parser.on(event, malformed)
  parser.on('field', (name: string | undefined, value, _nameCut, valueCut) => {
    if (!name) return
    const known = KNOWN.find((one) => one === name)
    if (isForged(name) || (known && (valueCut || value.includes('\0')))) return malformed()
    if (!known) return
    if (!file) fields[known] = value
    else if (known !== 'file' && value !== (fields[known] ?? inEffect[known])) {
      fail(new LateField(`${known} must come before the file`))
    }
  })
  parser.on('file', (name: string | undefined, stream, filename) => {
    // Its errors are the parser's, which are heard.
    stream.on('error', () => {})
    if (!name) return void stream.resume()
    const plain = baseName(filename)
    if (file || name !== 'file' || plain === null) return malformed()
    file = stream
    found.resolve({ filename: plain, bytes: bytesOf(stream) })
  })
  parser.on('finish', () => {
    parsed = true
    if (left) return
    // A reader that fell behind is no reason to leave the rest of the request where it is.
    req.resume()
    settle()
  })

  async function* bytesOf(stream: BusboyFileStream): AsyncGenerator<Uint8Array> {
    using blocks = new Blocks({ count: 2, size: BLOCK_BYTES })
    try {
      yield* inBlocks(stream as AsyncIterable<Buffer>, blocks, release)
    } catch (error) {
      throw failure ?? error
    }
    await ended.promise
  }

  req.on('data', onData).on('end', onEnd).on('close', onClose)
  // An early end shows as `close`.
  req.on('error', () => {})
  if (req.destroyed) onClose()
  else req.resume()
  return {
    file: found.promise,
    fields,
    get failure() {
      return failure
    },
    signal: broken.signal,
    leave,
  }
}

function openParser(req: IncomingMessage): ReturnType<typeof Busboy> | null {
  try {
    return Busboy({
      headers: { ...req.headers, 'content-type': req.headers['content-type'] ?? '' },
      // As in the reference, a part is a file if it says the file's name.
      isPartAFile: (_name, _type, filename) => filename !== undefined && filename !== '',
      preservePath: true,
      limits: LIMITS,
    })
  } catch {
    return null
  }
}

/** The last segment of a path. Null for one that names nothing, or what no file may be called. */
function baseName(path: string): string | null {
  const [name = ''] = path
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .slice(-1)
  const isName = name !== '' && name !== '.' && name !== '..' && name.length <= LONGEST_FILENAME && !name.includes('\0')
  return isName ? name : null
}
