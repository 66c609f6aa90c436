import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { digestOf, newOpaqueValue, type Services } from '@yardmaster/domain'
import { sessionPrefix } from '@yardmaster/domain/audit'
import ipaddr from 'ipaddr.js'
import { auditSignIns } from './audit-sign-ins.ts'

export const SESSION_COOKIE = 'yardmaster_session'
const SESSION_MS = 14 * 24 * 3_600_000
const SIGN_IN_LINK_MS = 24 * 3_600_000
/** Wrong tokens from one address after which the answer is `wait`. */
const ATTEMPTS_PER_MINUTE = 10

/** The caller of a request. */
export type Access =
  | { readonly kind: 'token' }
  /**
   * `sameOrigin`: the browser reports one of our own pages as the source. `session`: the first digits of its digest.
   */
  | { readonly kind: 'session'; readonly sameOrigin: boolean; readonly session: string }
  | { readonly kind: 'nobody' }

export interface Authenticator {
  access(req: IncomingMessage): Promise<Access>
  isAdminToken(token: string): boolean
  /** Returns the token of a link that signs in once, within a day. */
  makeSignInLink(): Promise<string>
  /** Returns whether a link would sign in, without using it. */
  isSignInLink(token: string): Promise<boolean>
  /** Returns the session's cookie value, or null for a used, expired or unknown link. */
  useSignInLink(token: string, address: string | null): Promise<string | null>
  /**
   * Returns the session's cookie value, null for a wrong token, `wait` after too many wrong ones. The right token
   * always signs in, so wrong ones sent by others cannot lock an administrator out.
   *
   * @param counted - the address that wrong tokens are counted by, as reported by the operator's proxies.
   */
  signIn(token: string, address: string | null, counted: string | null): Promise<string | null | 'wait'>
  signOut(req: IncomingMessage, address: string | null): Promise<void>
  /** Returns whether the browser reports another site as the source of a request. Programs report no source. */
  isForeign(req: IncomingMessage): boolean
  /** Returns the header that sets the cookie; an empty value removes it. */
  cookie(value: string): string
}

/**
 * Authenticates administrators by bearer token, or by the session cookie from signing in with a link or a token.
 *
 * @param options - `adminToken`: the administrator's token; `externalUrl`: the address of the dashboard in browsers.
 */
export function openAuthenticator(
  services: Pick<Services, 'sessions' | 'scratch' | 'clock' | 'audit' | 'background'>,
  { adminToken, externalUrl }: { adminToken: string; externalUrl: string },
): Authenticator {
  const { sessions, scratch, clock } = services
  const record = auditSignIns(services)
  const expected = Buffer.from(digestOf(adminToken))
  const external = new URL(externalUrl)
  const boundTo = sessionBinding(adminToken)
  const isAdminToken = (token: string): boolean => timingSafeEqual(Buffer.from(digestOf(token)), expected)

  async function begin(): Promise<string> {
    const value = newOpaqueValue() + newOpaqueValue()
    await sessions.add({ digest: digestOf(value), boundTo, expiresAt: new Date(clock.now().getTime() + SESSION_MS) })
    return value
  }

  return {
    isAdminToken,
    async access(req) {
      const bearer = bearerToken(req)
      if (bearer !== null) return isAdminToken(bearer) ? { kind: 'token' } : { kind: 'nobody' }
      const cookie = cookieValue(req)
      if (cookie === null) return { kind: 'nobody' }
      const digest = digestOf(cookie)
      if (!(await sessions.isValid({ digest, boundTo }))) return { kind: 'nobody' }
      return { kind: 'session', sameOrigin: isSameOrigin(req, external), session: sessionPrefix(digest) }
    },
    async makeSignInLink() {
      const token = newOpaqueValue()
      const expiresAt = new Date(clock.now().getTime() + SIGN_IN_LINK_MS)
      await sessions.addSignInLink({ digest: digestOf(token), boundTo, expiresAt })
      return token
    },
    isSignInLink: (token) => sessions.hasSignInLink({ digest: digestOf(token), boundTo }),
    async useSignInLink(token, address) {
      if (!(await sessions.useSignInLink({ digest: digestOf(token), boundTo }))) {
        await record.refused('link', address)
        return null
      }
      const session = await begin()
      await record.signedIn('sign_in_link', address, session)
      return session
    },
    async signIn(token, address, counted) {
      if (!isAdminToken(token)) {
        const tries = await scratch.increment(`sign-in:${networkOf(counted)}`, 60_000)
        await record.refused('token', address)
        return tries > ATTEMPTS_PER_MINUTE ? 'wait' : null
      }
      const session = await begin()
      await record.signedIn('admin_token', address, session)
      return session
    },
    async signOut(req, address) {
      const cookie = cookieValue(req)
      if (cookie === null) return
      const digest = digestOf(cookie)
      const wasValid = await sessions.isValid({ digest, boundTo })
      await sessions.remove(digest)
      if (wasValid) await record.signedOut(address, cookie)
    },
    isForeign: (req) =>
      (req.headers['sec-fetch-site'] !== undefined || req.headers.origin !== undefined) && !isSameOrigin(req, external),
    cookie(value) {
      const age = value === '' ? 0 : SESSION_MS / 1000
      const path = `${external.pathname.replace(/\/+$/, '')}/`
      const secure = external.protocol === 'https:' ? '; Secure' : ''
      return `${SESSION_COOKIE}=${value}; Path=${path}; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`
    },
  }
}

/** Returns the value that binds sessions and links to the administrator's token: a new token ends them all. */
export const sessionBinding = (adminToken: string): string => digestOf(`sessions of ${adminToken}`)

/** Returns the /64 network of an IPv6 address: one customer gets all of it and could use a new address for each try. */
function networkOf(address: string | null): string {
  if (address === null || !ipaddr.IPv6.isValid(address)) return String(address)
  return `${ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':')}::/64`
}

function bearerToken(req: IncomingMessage): string | null {
  const match = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')
  return match?.[1] ?? null
}

function cookieValue(req: IncomingMessage): string | null {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=')
    if (name === SESSION_COOKIE && value) return value
  }
  return null
}

/** Returns whether a request came from our own pages. Browsers always say where a request came from. */
function isSameOrigin(req: IncomingMessage, external: URL): boolean {
  const site = req.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { origin } = req.headers
  if (origin === undefined || !URL.canParse(origin)) return false
  const { host } = new URL(origin)
  return host === external.host || host === req.headers.host
}
