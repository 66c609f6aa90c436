import { isUtf8 } from 'node:buffer'
import { Busboy } from '@fastify/busboy'
import qs from 'qs'
import { percentDecoded } from './strings.ts'

/** Names to values: `a[]=1` makes arrays, `info[name]=x` objects. */
export type Parameters = Readonly<Record<string, unknown>>

/** More than any request needs (50 tags), and a bound on the work that one of 1 MiB can cause. */
const MOST_FIELDS = 2000

/**
 * A query or an urlencoded form; the last of equal names wins (`common.md` 2). Null if its percent-encoding isn't
 * UTF-8.
 */
export function parseForm(text: string): Parameters | null {
  if (text.includes('%') && percentDecoded(text) === null) return null
  return qs.parse(text, {
    depth: 5,
    parameterLimit: MOST_FIELDS,
    arrayLimit: MOST_FIELDS,
    duplicates: 'last',
  })
}

/**
 * The fields of a `multipart/form-data` body, nested like those of a form; a file counts as an object, which no text
 * parameter accepts. `malformed` for a body that isn't what it claims, `not_utf8` for bytes that aren't text.
 */
export function parseMultipart(bytes: Buffer, contentType: string): Promise<Parameters | 'malformed' | 'not_utf8'> {
  const { promise, resolve } = Promise.withResolvers<Parameters | 'malformed' | 'not_utf8'>()
  const fields: string[] = []
  const files: Record<string, unknown> = {}
  let parser: ReturnType<typeof Busboy>
  try {
    parser = Busboy({
      headers: { 'content-type': contentType },
      // One character per byte, so that what isn't UTF-8 can be told from what is.
      defCharset: 'latin1',
      limits: { fields: MOST_FIELDS, files: 10, fieldSize: bytes.length },
    })
  } catch {
    return Promise.resolve('malformed')
  }

  parser.on('field', (name, value) => {
    const field = Buffer.from(`${name}\n${value}`, 'latin1')
    if (!isUtf8(field)) resolve('not_utf8')
    const [decodedName = '', decodedValue = ''] = [name, value].map((part) => Buffer.from(part, 'latin1').toString())
    // Brackets stay as they are: they are what nests.
    fields.push(
      `${encodeURIComponent(decodedName).replace(/%5B/g, '[').replace(/%5D/g, ']')}=${encodeURIComponent(decodedValue)}`,
    )
  })
  parser.on('file', (name, stream, filename) => {
    files[name] = { filename }
    stream.resume()
  })
  parser.on('error', () => resolve('malformed'))
  parser.on('finish', () => {
    const parsed = parseForm(fields.join('&'))
    resolve(parsed === null ? 'not_utf8' : { ...parsed, ...files })
  })
  parser.end(bytes)
  return promise
}
