import type { Request, RequestHandler, Response } from 'express'
import { parseForm } from './form.ts'
import { replyEmpty, replyJson } from './reply.ts'

export const notFound = (_req: Request, res: Response): void => replyJson(res, 404, { error: '404 Not Found' })

/** What the reference's administration API, which is not offered, says to a runner. */
export const unauthorized = (_req: Request, res: Response): void => replyJson(res, 401, { message: '401 Unauthorized' })

export const versionGone = (_req: Request, res: Response): void =>
  replyJson(res, 410, { error: 'API V3 is no longer supported. Use API V4 instead.' })

/**
 * Makes the spellings of a path equal: one trailing slash and the suffix `.json` fall away; another suffix is another
 * resource, which does not exist. @see `common.md` 1
 */
export const plainPath: RequestHandler = (req, res, next) => {
  const question = req.url.indexOf('?')
  const path = question === -1 ? req.url : req.url.slice(0, question)
  const plain = path.replace(/(?<=.)\/$/, '').replace(/(?<=[^/])\.json$/, '')
  // The dot of a suffix belongs to the last segment.
  if (plain.includes('.', plain.lastIndexOf('/'))) return notFound(req, res)
  if (plain !== path) req.url = question === -1 ? plain : plain + req.url.slice(question)
  next()
}

/** Answers are JSON whatever is asked for; asking for another format is refused. @see `common.md` 2.11 */
export const acceptableFormat: RequestHandler = (req, res, next) => {
  const question = req.url.indexOf('?')
  const format = question === -1 ? undefined : parseForm(req.url.slice(question + 1))?.format
  if (typeof format !== 'string' || format === '' || format === 'json' || format === 'txt') return next()
  replyJson(res, 406, { error: `The requested format '${format}' is not supported.` })
}

/** Notes which methods a path has, when no route took the request. */
export const alsoAllows =
  (methods: readonly string[]): RequestHandler =>
  (_req, res, next) => {
    res.locals.allowed ??= new Set(['OPTIONS'])
    const allowed: Set<string> = res.locals.allowed
    for (const method of methods) allowed.add(method)
    if (allowed.has('GET')) allowed.add('HEAD')
    next()
  }

/** The end of the table: the path is known, but not with this method; or it isn't known at all. */
export const answerUnrouted: RequestHandler = (req, res) => {
  const allowed: Set<string> | undefined = res.locals.allowed
  if (!allowed) return notFound(req, res)
  res.setHeader('Allow', [...allowed].join(', '))
  if (req.method === 'OPTIONS') return replyEmpty(res, 204)
  replyJson(res, 405, { error: '405 Not Allowed' })
}
