import { isUtf8 } from 'node:buffer'

/**
 * A body that is not a well-formed form: cut off before its last boundary, a broken header, or a part beyond a limit.
 */
export class MalformedForm extends Error {
  override name = 'MalformedForm'
}

/** Part headers take a few hundred bytes; endless ones are refused. */
const MOST_HEADER_BYTES = 16_384
/** RFC 2046 5.1.1. */
const LONGEST_BOUNDARY = 70
const MOST_PADDING_BYTES = 256

const NOTHING = Buffer.alloc(0)
const LINE_BREAK = Buffer.from('\r\n')
const HEADERS_END = Buffer.from('\r\n\r\n')

/** One part of a form; its bytes are not read yet. */
export interface Part {
  /** Null when the part has no name or is not form data; such a part is ignored. */
  readonly name: string | null
  /** The name as sent, directories included; null for a field. A part with a file name that is not empty is a file. */
  readonly filename: string | null
  /** Read it once, before the next part is requested; unread bytes are skipped then. */
  readonly bytes: AsyncIterable<Buffer>
}

/** Returns the boundary of a `multipart/form-data` content type; null for another type or an unusable boundary. */
export function boundaryOf(contentType: string): string | null {
  const [type = '', ...parameters] = splitParameters(contentType)
  if (type.trim().toLowerCase() !== 'multipart/form-data') return null
  const boundary = parameterOf(parameters, 'boundary')
  return boundary === null || boundary === '' || boundary.length > LONGEST_BOUNDARY ? null : boundary
}

/**
 * Reads a form part by part, at the caller's pace: bytes are pulled, so errors are thrown where they are read, and a
 * paused reader holds the sender back. At most one chunk and a boundary stay in memory.
 *
 * @see RFC 7578; `docs/protocol/artifacts.md 3.1`
 */
export class FormReader {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #delimiter: Buffer
  /**
   * Bytes read and not yet parsed. The line break stands for the one before a first boundary at the start of the body.
   */
  #unread: Buffer = LINE_BREAK
  /** True before the first boundary, and in a part whose bytes were not all read. */
  #beforeBoundary = true

  constructor(body: AsyncIterable<Buffer>, boundary: string) {
    this.#chunks = body[Symbol.asyncIterator]()
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  }

  /** Returns the next part; null after the last boundary. @throws MalformedForm, and the body's own errors. */
  async next(): Promise<Part | null> {
    // Bytes before the first boundary are read like a part and dropped.
    if (this.#beforeBoundary) for await (const _ of this.#upToBoundary());
    if (await this.#isLast()) return null
    const headers = await this.#headers()
    this.#beforeBoundary = true
    return { ...describe(headers), bytes: this.#upToBoundary() }
  }

  /** Reads and drops the bytes after the last boundary. */
  async drain(): Promise<void> {
    while (await this.#fill());
  }

  async *#upToBoundary(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#unread.indexOf(this.#delimiter)
      if (at !== -1) {
        const rest = this.#take(at)
        this.#take(this.#delimiter.length)
        this.#beforeBoundary = false
        if (rest.length > 0) yield rest
        return
      }
      const bytes = this.#take(this.#unread.length - beginnings(this.#unread, this.#delimiter))
      if (bytes.length > 0) yield bytes
      if (!(await this.#fill())) throw new MalformedForm('the form ends before its last boundary')
    }
  }

  /** Reads the rest of a boundary's line: two dashes after the last boundary, else nothing but blanks. */
  async #isLast(): Promise<boolean> {
    const line = await this.#until(LINE_BREAK, MOST_PADDING_BYTES, (read) => read.length >= 2 && isDashes(read))
    if (isDashes(line)) return true
    if (!/^[ \t]*$/.test(line.toString('latin1'))) throw new MalformedForm('a boundary is followed by something else')
    return false
  }

  async #headers(): Promise<string> {
    // A part without headers begins with the empty line.
    this.#unread = Buffer.concat([LINE_BREAK, this.#unread])
    const bytes = await this.#until(HEADERS_END, MOST_HEADER_BYTES)
    if (!isUtf8(bytes)) throw new MalformedForm('the headers of a part are not UTF-8')
    return bytes.toString('utf8')
  }

  /** Returns the bytes before `end` and consumes both; two bytes without an `end` once `enough` returns true. */
  async #until(end: Buffer, most: number, enough: (read: Buffer) => boolean = () => false): Promise<Buffer> {
    for (;;) {
      const at = this.#unread.indexOf(end)
      if (at === -1 ? this.#unread.length > most : at > most) throw new MalformedForm('a line of the form is too long')
      if (enough(this.#unread)) return this.#take(2)
      if (at !== -1) {
        const line = this.#take(at)
        this.#take(end.length)
        return line
      }
      if (!(await this.#fill())) throw new MalformedForm('the form ends before its last boundary')
    }
  }

  async #fill(): Promise<boolean> {
    const next = await this.#chunks.next()
    if (next.done) return false
    this.#unread = this.#unread.length === 0 ? next.value : Buffer.concat([this.#unread, next.value])
    return true
  }

  #take(length: number): Buffer {
    const taken = this.#unread.subarray(0, length)
    // Not an empty view, because the memory of the taken bytes may be freed.
    this.#unread = length >= this.#unread.length ? NOTHING : this.#unread.subarray(length)
    return taken
  }
}

const isDashes = (read: Buffer): boolean => read[0] === 0x2d && read[1] === 0x2d

/** Returns how many bytes at the end of `bytes` may be the beginning of `delimiter`. */
function beginnings(bytes: Buffer, delimiter: Buffer): number {
  const from = Math.max(0, bytes.length - delimiter.length + 1)
  for (let at = bytes.indexOf(0x0d, from); at !== -1; at = bytes.indexOf(0x0d, at + 1)) {
    const length = bytes.length - at
    if (bytes.compare(delimiter, 0, length, at) === 0) return length
  }
  return 0
}

function describe(headers: string): { name: string | null; filename: string | null } {
  const lines = headers.split('\r\n').filter((line) => line !== '')
  const disposition = lines.find((line) => /^content-disposition[ \t]*:/i.test(line))
  if (disposition === undefined) return { name: null, filename: null }
  const [kind = '', ...parameters] = splitParameters(disposition.slice(disposition.indexOf(':') + 1))
  if (kind.trim().toLowerCase() !== 'form-data') return { name: null, filename: null }
  const name = parameterOf(parameters, 'name')
  // RFC 7578 forbids `filename*`, but some clients send it, and then it is the better name.
  const filename = extendedValue(parameterOf(parameters, 'filename*')) ?? parameterOf(parameters, 'filename')
  return { name: name === '' ? null : name, filename: filename === '' ? null : filename }
}

/** Splits a header's value at its semicolons, except for those between quotes. */
function splitParameters(value: string): string[] {
  const pieces: string[] = []
  let begin = 0
  let quoted = false
  for (let at = 0; at < value.length; at++) {
    if (quoted && value[at] === '\\' && isEscapable(value[at + 1])) at++
    else if (value[at] === '"') quoted = !quoted
    else if (value[at] === ';' && !quoted) {
      pieces.push(value.slice(begin, at))
      begin = at + 1
    }
  }
  return [...pieces, value.slice(begin)]
}

/** Returns the last parameter of that name, without its quotes. */
function parameterOf(parameters: readonly string[], name: string): string | null {
  const found = parameters.findLast((parameter) => parameter.split('=', 1)[0]?.trim().toLowerCase() === name)
  if (found === undefined || !found.includes('=')) return null
  const value = found.slice(found.indexOf('=') + 1).trim()
  if (!value.startsWith('"')) return value
  let text = ''
  for (let at = 1; at < value.length && value[at] !== '"'; at++) {
    if (value[at] === '\\' && isEscapable(value[at + 1])) at++
    text += value[at]
  }
  return text
}

/** A backslash before any other character belongs to a Windows path. */
const isEscapable = (character: string | undefined): boolean => character === '"' || character === '\\'

/** Decodes an RFC 5987 value: a charset, a language, and percent-encoded text. Returns null when it can't be read. */
function extendedValue(value: string | null): string | null {
  const encoded = value === null ? undefined : /^utf-8'[^']*'(.*)$/is.exec(value)?.[1]
  if (encoded === undefined) return null
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}
