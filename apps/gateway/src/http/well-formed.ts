import type { IncomingMessage } from 'node:http'
import { parseForm } from './form.ts'
import { hasMalformedString, percentDecoded, utf8FromLatin1 } from './strings.ts'

/**
 * Returns whether path, query and basic credentials are UTF-8 without NUL, as every parameter must be. Bodies are
 * checked when they are read. @see `docs/protocol/common.md 2.8`
 */
export const isWellFormed = (req: IncomingMessage, url: string): boolean =>
  urlIsWellFormed(url) && credentialsAreWellFormed(req.headers.authorization)

function urlIsWellFormed(url: string): boolean {
  // Nearly every request line of a runner is plain ASCII without an escape.
  if (!/[^!-$&-~]/.test(url)) return true
  const text = utf8FromLatin1(url)
  if (text === null) return false
  const [path = '', query] = splitOnce(text, '?')
  const decoded = percentDecoded(path)
  if (decoded === null || hasMalformedString(decoded)) return false
  if (query === undefined) return true
  const parameters = parseForm(query)
  return parameters !== null && !hasMalformedString(parameters)
}

function credentialsAreWellFormed(authorization: string | undefined): boolean {
  if (authorization === undefined) return true
  const encoded = /^Basic +(\S+)/i.exec(authorization)?.[1]
  if (encoded === undefined) return true
  const credentials = utf8FromLatin1(Buffer.from(encoded, 'base64').toString('latin1'))
  return credentials !== null && !hasMalformedString(credentials)
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
