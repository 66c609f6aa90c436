import { isUtf8 } from 'node:buffer'
import qs from 'qs'
import { boundaryOf, FormReader, MalformedForm } from './multipart.ts'
import { percentDecoded } from './strings.ts'

/** Values by name: `a[]=1` makes arrays, `info[name]=x` objects. */
export type Parameters = Readonly<Record<string, unknown>>

/** More than any request needs (50 tags), and a bound on the work that a form of 1 MiB can cause. */
const MOST_FIELDS = 2000

/**
 * Parses a query or a URL-encoded form; the last of equal names wins (`docs/protocol/common.md 2`). Returns null when
 * its percent-encoding isn't UTF-8.
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
 * Returns the fields of a `multipart/form-data` body, nested like those of a form; a file becomes an object, which no
 * text parameter accepts. Returns `malformed` for a body that is not a form, null for fields that are not UTF-8.
 */
export async function parseMultipart(bytes: Buffer, contentType: string): Promise<Parameters | 'malformed' | null> {
  const boundary = boundaryOf(contentType)
  if (boundary === null) return 'malformed'
  const reader = new FormReader(once(bytes), boundary)
  const fields: string[] = []
  const files = new Map<string, unknown>()
  try {
    for (let part = await reader.next(), count = 1; part; part = await reader.next(), count++) {
      if (count > MOST_FIELDS) return 'malformed'
      if (part.name === null) continue
      if (part.filename === null) {
        const value = Buffer.concat(await Array.fromAsync(part.bytes))
        if (!isUtf8(value) || !part.name.isWellFormed()) return null
        fields.push(`${spelled(part.name)}=${encodeURIComponent(value.toString('utf8'))}`)
      } else files.set(part.name, { filename: part.filename })
    }
  } catch (error) {
    if (error instanceof MalformedForm) return 'malformed'
    throw error
  }
  // Not by assignment: a file may be called `__proto__`.
  return { ...parseForm(fields.join('&')), ...Object.fromEntries(files) }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

/** Encodes a name but keeps its brackets, which nest parameters. */
const spelled = (name: string): string => encodeURIComponent(name).replace(/%5B/g, '[').replace(/%5D/g, ']')
