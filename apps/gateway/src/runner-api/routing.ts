import type { Services } from '@yardmaster/domain'
import type { Request, RequestHandler, Response } from 'express'
import { parseForm } from '../http/form.ts'
import { replyEmpty, replyJson, replyText } from '../http/reply.ts'
import { isWellFormed } from '../http/well-formed.ts'
import { askForMaintenance } from './maintenance.ts'

/** Answers a runner like the reference's administration API, which is not offered here. */
export const unauthorized = (_req: Request, res: Response): void => replyJson(res, 401, { message: '401 Unauthorized' })

/**
 * Refuses malformed strings and normalizes the path, in one step because every poll takes it. Removes one trailing
 * slash and the suffix `.json`; another suffix means another resource, which does not exist.
 *
 * @see `docs/protocol/common.md 1, 2.8`
 */
export function beforeRouting({ settings }: Pick<Services, 'settings'>): RequestHandler {
  return (req, res, next): void => {
    if (isNotProtocol(req.url)) {
      next('router')
      return
    }
    if (!isWellFormed(req, req.url)) {
      replyText(res, 400, 'Bad Request')
      return
    }
    const [path, query] = splitUrl(req.url)
    let plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
    if (plain.endsWith('.json')) plain = plain.slice(0, -'.json'.length)
    // The dot of a suffix belongs to the last segment.
    if (plain.includes('.', plain.lastIndexOf('/'))) {
      answerUnrouted(req, res, next)
      return
    }
    if (plain !== path) req.url = plain + query
    askForMaintenance(res, settings)
    next()
  }
}

/** Returns whether a path is served elsewhere: the REST API, the documents and their page (`surface.ts`). */
const isNotProtocol = (url: string): boolean =>
  !url.startsWith('/v') && /^\/(?:admin\/|docs(?:\?|$)|(?:runner-)?openapi\.json(?:\?|$))/.test(url)

/** Refuses requests for a format other than JSON, in which all answers are. @see `docs/protocol/common.md 2.11` */
export const unlessOtherFormat =
  (handler: RequestHandler): RequestHandler =>
  (req, res, next): unknown => {
    const [, query] = splitUrl(req.url)
    const format = query === '' ? undefined : parseForm(query.slice(1))?.format
    if (typeof format !== 'string' || ['', 'json', 'txt'].includes(format)) return handler(req, res, next)
    return replyJson(res, 406, { error: `The requested format '${format}' is not supported.` })
  }

/** Splits a URL into its path and its query with the question mark. */
function splitUrl(url: string): [path: string, query: string] {
  const question = url.indexOf('?')
  return question === -1 ? [url, ''] : [url.slice(0, question), url.slice(question)]
}

/** Collects the methods of a path, for requests that no route matched. */
export const alsoAllows =
  (methods: readonly string[]): RequestHandler =>
  (_req, res, next) => {
    res.locals.allowed ??= new Set(['OPTIONS'])
    const allowed: Set<string> = res.locals.allowed
    for (const method of methods) allowed.add(method)
    if (allowed.has('GET')) allowed.add('HEAD')
    next()
  }

/**
 * Answers requests that no route matched: of an old version, with another method, or for an unknown path.
 *
 * @see `docs/protocol/common.md 1`
 */
export const answerUnrouted: RequestHandler = (req, res) => {
  if (/^\/v3(?:\/|\?|$)/.test(req.url)) {
    return replyJson(res, 410, { error: 'API V3 is no longer supported. Use API V4 instead.' })
  }
  const allowed: Set<string> | undefined = res.locals.allowed
  if (!allowed) return replyJson(res, 404, { error: '404 Not Found' })
  res.setHeader('Allow', [...allowed].join(', '))
  if (req.method === 'OPTIONS') return replyEmpty(res, 204)
  replyJson(res, 405, { error: '405 Not Allowed' })
}
