import { isUtf8 } from 'node:buffer'
import { measureJson, Slices } from '@yardmaster/domain'
import { type Parameters, parseForm, parseMultipart } from './form.ts'
import { hasMalformedString, utf8FromLatin1 } from './strings.ts'

export type ParsedBody =
  | {
      readonly kind: 'parsed'
      /** Null when there are no body parameters. */
      readonly parameters: Parameters | null
      /** Whether it was declared as JSON and is an object. */
      readonly isJson: boolean
    }
  | { readonly kind: 'malformed_strings' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unsupported'; readonly mediaType: string }

/** Longer JSON is measured first, because it is parsed in one go. Hardly any body is as long. */
const LONG_BYTES = 65_536
/** JSON beyond these counts as malformed: features nest 32 levels at most, and no request has a thousand values. */
const DEEPEST = 100
const MOST_VALUES = 20_000

const NO_PARAMETERS: ParsedBody = { kind: 'parsed', parameters: null, isJson: false }

/** Returns the parameters of a body, read according to its content type. @see `docs/protocol/common.md 2` */
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
        fields === 'malformed' ? { kind: 'malformed' } : fromFields(fields),
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

function parseJson(bytes: Buffer, declared: boolean): ParsedBody | Promise<ParsedBody> {
  if (!isUtf8(bytes)) return { kind: 'malformed_strings' }
  const text = bytes.toString('utf8')
  return bytes.length > LONG_BYTES ? parseLongText(text, declared) : parseText(text, declared)
}

async function parseLongText(text: string, declared: boolean): Promise<ParsedBody> {
  const { depth, values } = await new Slices().run(measureJson(text))
  return depth > DEEPEST || values > MOST_VALUES ? { kind: 'malformed' } : parseText(text, declared)
}

function parseText(text: string, declared: boolean): ParsedBody {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'malformed' }
  }
  // Other JSON is legal and means "no parameters": runners send `null` when they rotate with a user's token.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_PARAMETERS
  // Valid JSON in UTF-8 holds a NUL or half a surrogate pair only as an escape.
  if (text.includes('\\u') && hasMalformedString(value)) return { kind: 'malformed_strings' }
  return { kind: 'parsed', parameters: value as Parameters, isJson: declared }
}
