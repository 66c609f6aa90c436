import type { RequestHandler } from 'express'
import { parseForm } from './form.ts'
import { replyText } from './reply.ts'
import { hasMalformedString, percentDecoded, utf8FromLatin1 } from './strings.ts'

/**
 * Refuses what no parameter, path or basic credential may hold, before routing and authentication: bytes that are not
 * UTF-8, and NUL. Bodies are looked at when they are read. @see `common.md` 2.8
 */
export const requireWellFormed: RequestHandler = (req, res, next) => {
  if (urlIsWellFormed(req.url) && credentialsAreWellFormed(req.headers.authorization)) return next()
  replyText(res, 400, 'Bad Request')
}

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
  const encoded = /^Basic +(\S+)/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return true
  const credentials = utf8FromLatin1(Buffer.from(encoded, 'base64').toString('latin1'))
  return credentials !== null && !hasMalformedString(credentials)
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
