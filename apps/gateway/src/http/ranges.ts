import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { release } from './blocks.ts'

/** Stored bytes that do not change, described for HTTP. */
export interface Representation {
  readonly size: number
  /** Sent with a precision of one second. */
  readonly modifiedAt?: Date | undefined
  /** A strong entity tag, with its quotes. */
  readonly etag?: string | undefined
  /** Whether its chunks belong to the answer alone, so that their memory is freed once they are sent. */
  readonly owned?: boolean | undefined
}

/** The bytes to send, `end` not included, or the status of an answer without bytes. */
export type Selection =
  | { readonly status: 200 | 206; readonly start: number; readonly end: number }
  | { readonly status: 304 | 416 }

type Open = (range: { start: number; end: number }) => Promise<AsyncIterable<Uint8Array> | null>

/**
 * Answers GET or HEAD with the whole, the requested range, 304 or 416. The caller sets headers that describe the
 * content first. Returns false, and sends nothing, when `open` finds no object.
 */
export async function sendBytes(
  req: IncomingMessage,
  res: ServerResponse,
  about: Representation,
  open: Open,
): Promise<boolean> {
  const selected = select(req, about)
  const part = 'start' in selected ? selected : { start: 0, end: 0 }
  // An empty range is opened as well: nothing else shows whether the object exists.
  const bytes = await open(req.method === 'HEAD' ? { start: 0, end: 0 } : part)
  if (!bytes) return false

  res.statusCode = selected.status
  res.setHeader('Accept-Ranges', 'bytes')
  if (about.modifiedAt) res.setHeader('Last-Modified', about.modifiedAt.toUTCString())
  if (about.etag) res.setHeader('ETag', about.etag)
  if (selected.status === 304 || selected.status === 416) {
    for (const name of ['Content-Type', 'Content-Disposition', 'Content-Transfer-Encoding']) res.removeHeader(name)
    if (selected.status === 416) {
      res.setHeader('Content-Range', `bytes */${about.size}`)
      res.setHeader('Content-Length', 0)
    }
    res.end()
    return true
  }
  if (selected.status === 206) res.setHeader('Content-Range', `bytes ${part.start}-${part.end - 1}/${about.size}`)
  res.setHeader('Content-Length', part.end - part.start)
  if (req.method === 'HEAD') res.end()
  else if (about.owned) await pipeline(releasing(bytes, res), res)
  else await pipeline(bytes, res)
  return true
}

async function* releasing(bytes: AsyncIterable<Uint8Array>, res: ServerResponse): AsyncGenerator<Uint8Array> {
  const written: Uint8Array[] = []
  for await (const chunk of bytes) {
    yield chunk
    written.push(chunk)
    // While bytes wait to be sent they may belong to any of these chunks.
    if (res.writableLength === 0) for (const sent of written.splice(0)) release(sent)
  }
}

/**
 * Evaluates conditions before ranges, in the order of RFC 9110 13.2.2. Several ranges at once are answered with the
 * whole, which is always allowed.
 */
export function select({ headers }: Pick<IncomingMessage, 'headers'>, about: Representation): Selection {
  if (isFresh(headers, about)) return { status: 304 }
  const whole: Selection = { status: 200, start: 0, end: about.size }
  const range = headers.range
  if (range === undefined || !rangeApplies(headers['if-range'], about)) return whole
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return whole

  const isSuffix = first === ''
  // A number too large to be exact is beyond the end in any case.
  const start = isSuffix ? Math.max(0, about.size - Number(last)) : Number(first)
  const end = isSuffix || last === '' ? about.size : Math.min(Number(last) + 1, about.size)
  if (!isSuffix && last !== '' && Number(last) < Number(first)) return whole
  return start >= about.size || end <= start ? { status: 416 } : { status: 206, start, end }
}

function isFresh(headers: IncomingMessage['headers'], { modifiedAt, etag }: Representation): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined) {
    return tags.trim() === '*' || (etag !== undefined && tags.split(',').some((tag) => weak(tag.trim()) === etag))
  }
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return modifiedAt !== undefined && seconds(modifiedAt.getTime()) <= seconds(since)
}

/** A range is useless to a client that has the beginning of another object. */
function rangeApplies(condition: string | string[] | undefined, { modifiedAt, etag }: Representation): boolean {
  if (condition === undefined) return true
  const given = String(condition).trim()
  if (given.startsWith('"') || given.startsWith('W/')) return given === etag
  return modifiedAt !== undefined && seconds(modifiedAt.getTime()) === seconds(Date.parse(given))
}

const weak = (tag: string): string => tag.replace(/^W\//, '')
/** NaN for an invalid date, which compares as false with everything. */
const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
