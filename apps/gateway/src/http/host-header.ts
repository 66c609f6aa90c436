import type { RequestHandler } from 'express'
import { replyJson } from './reply.ts'

/** `uri-host [ ":" port ]`: a name, an IPv4 address or an IPv6 address in brackets (RFC 3986, 3.2.2). */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/

/**
 * Refuses a malformed `Host` header with 400, as RFC 9112, 3.2 requires. Libraries behind this build URLs from it, and
 * one with a user name in it would make them fail with a 500.
 */
export const refuseOddHosts: RequestHandler = (req, res, next) => {
  const { host } = req.headers
  if (host === undefined || HOST.test(host)) return next()
  replyJson(res, 400, { error: '400 Bad Request: the header Host is not a host name with or without a port' })
}
