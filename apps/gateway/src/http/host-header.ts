import type { RequestHandler } from 'express'
import { replyJson } from './reply.ts'

/** `uri-host [ ":" port ]`: a name, an IPv4 address or an IPv6 address in brackets (RFC 3986, 3.2.2). */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/

/**
 * Refuses a `Host` header that is none with 400, as RFC 9112, 3.2 wants it: addresses are built from it further in, and one
 * with a user name in it makes those fail as if the fault were ours.
 */
export const refuseOddHosts: RequestHandler = (req, res, next) => {
  const { host } = req.headers
  if (host === undefined || HOST.test(host)) return next()
  replyJson(res, 400, { error: '400 Bad Request: the header Host is not a host name with or without a port' })
}
