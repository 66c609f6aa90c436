import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { type Parameters, parseForm, parseMultipart } from './form.ts'
import { hasMalformedString, utf8FromLatin1 } from './strings.ts'

const NOTHING = Buffer.alloc(0)

/** What an over-long request may still send before its connection is cut: bytes, and milliseconds. */
const MOST_DROPPED_BYTES = 8 * 1024 * 1024
const MOST_DROPPING_MS = 10_000

/** How long the body of one request may take: the server itself sets no limit, because uploads need none. */
const LONGEST_READ_MS = 60_000

/**
 * The whole body, up to `limitBytes`. `too_large` leaves the rest unread: answer, then `dropRest`. `gone` when the
 * client hung up, or was cut off, before it was through.
 */
export function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer | 'too_large' | 'gone'> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) return Promise.resolve('too_large')

  const { promise, resolve } = Promise.withResolvers<Buffer | 'too_large' | 'gone'>()
  const chunks: Buffer[] = []
  let size = 0
  const tooSlow = setTimeout(() => req.destroy(), LONGEST_READ_MS)
  const finish = (outcome: Buffer | 'too_large' | 'gone'): void => {
    clearTimeout(tooSlow)
    resolve(outcome)
  }
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    chunks.push(chunk)
    if (size <= limitBytes) return
    req.off('data', onData)
    req.pause()
    finish('too_large')
  }
  req.on('data', onData)
  req.on('end', () => {
    // Nearly every request of a runner arrives in one chunk: no copy then.
    const [only = NOTHING] = chunks
    finish(chunks.length > 1 ? Buffer.concat(chunks, size) : only)
  })
  req.on('error', () => finish('gone'))
  req.on('close', () => finish('gone'))
  return promise
}

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

export type ParsedBody =
  | {
      readonly kind: 'parsed'
      /** Null: no body parameters. */
      readonly parameters: Parameters | null
      /** It said that it is JSON, and it is an object. */
      readonly isJson: boolean
    }
  | { readonly kind: 'malformed_strings' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unsupported'; readonly mediaType: string }

const NO_PARAMETERS: ParsedBody = { kind: 'parsed', parameters: null, isJson: false }

/** Parameters out of a body, by its content type. @see `common.md` 2 */
export function parseBody(bytes: Buffer, contentType: string | undefined): ParsedBody | Promise<ParsedBody> {
  // An empty body is "no parameters", whatever its content type says.
  if (bytes.length === 0) return NO_PARAMETERS
  if (contentType === 'application/json') return parseJson(bytes, true)

  const sent = (contentType?.split(';', 1)[0] ?? '').trim()
  switch (sent.toLowerCase()) {
    case '':
      return parseJson(bytes, false)
    case 'application/json':
      return parseJson(bytes, true)
    case 'application/x-www-form-urlencoded': {
      const text = utf8FromLatin1(bytes.toString('latin1'))
      return fromFields(text === null ? null : parseForm(text))
    }
    case 'multipart/form-data':
      return parseMultipart(bytes, contentType ?? '').then((fields) =>
        fields === 'malformed' ? { kind: 'malformed' } : fromFields(fields === 'not_utf8' ? null : fields),
      )
    case 'text/plain':
      return NO_PARAMETERS
    default:
      return { kind: 'unsupported', mediaType: sent }
  }
}

function fromFields(fields: Parameters | null): ParsedBody {
  if (fields === null || hasMalformedString(fields)) return { kind: 'malformed_strings' }
  return { kind: 'parsed', parameters: fields, isJson: false }
}

function parseJson(bytes: Buffer, declared: boolean): ParsedBody {
  if (!isUtf8(bytes)) return { kind: 'malformed_strings' }
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'malformed' }
  }
  // JSON that isn't an object is legal and says nothing: runners send `null` when they rotate with a user's token.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_PARAMETERS
  // Raw UTF-8 can hold neither NUL nor half a pair; only an escape can.
  if (text.includes('\\u') && hasMalformedString(value)) return { kind: 'malformed_strings' }
  return { kind: 'parsed', parameters: value as Parameters, isJson: declared }
}
