import { type Request, type Response, Router } from 'express'
import type { Authenticator } from './access/authenticator.ts'
import type { Dashboard } from './dashboard.ts'
import { clientAddress, type TrustedProxies } from './http/client-address.ts'
import { parseForm } from './http/form.ts'
import { PAGE_HEADERS } from './http/page-headers.ts'
import { readBody } from './http/read-body.ts'
import { refuseBody } from './http/refuse-body.ts'
import { signInLinkPage, usedLinkPage } from './sign-in-link-page.ts'

const SIGN_IN_BYTES = 4096

/** Signs browsers in and out. The dashboard asks for JSON; a plain form is redirected. */
export function pages(
  authenticator: Authenticator,
  {
    base,
    trusted,
    configured,
    show,
  }: { base: string; trusted: TrustedProxies; configured: TrustedProxies; show: Dashboard['show'] },
): Router {
  const router = Router({ caseSensitive: true })

  router.get('/sign-in', async (req, res) => {
    const { token, next } = req.query
    if (typeof token !== 'string') {
      if ((await authenticator.access(req)).kind !== 'nobody') return void res.redirect(303, base + view(next))
      return await show(res, 200)
    }
    // Only the button uses the link up, because mail programs and chats open links to preview them.
    if (await authenticator.isSignInLink(token)) return sendPage(res, 200, signInLinkPage(base, token))
    sendPage(res, 403, usedLinkPage(base))
  })

  router.post('/sign-in', async (req, res) => {
    if (authenticator.isForeign(req)) return refuseForeign(res)
    const bytes = await readBody(req, SIGN_IN_BYTES)
    if (typeof bytes === 'string') return refuseBody(req, res, bytes)
    const { token, link } = (isForm(req) && parseForm(bytes.toString('utf8'))) || {}
    const address = clientAddress(req, trusted)
    if (typeof link === 'string') {
      const session = await authenticator.useSignInLink(link, address)
      if (session === null) return sendPage(res, 403, usedLinkPage(base))
      return void res.set('Set-Cookie', authenticator.cookie(session)).redirect(303, `${base}/`)
    }
    const given = typeof token === 'string' ? token.trim() : ''
    const session = await authenticator.signIn(given, address, clientAddress(req, configured))
    if (session === 'wait' || session === null) {
      const status = session === 'wait' ? 429 : 403
      if (!wantsJson(req)) return await show(res, status)
      return void res.status(status).json({
        message:
          session === 'wait'
            ? 'Too many attempts. Wait a minute, then try again.'
            : 'That is not an administrator’s token.',
      })
    }
    res.set('Set-Cookie', authenticator.cookie(session))
    if (wantsJson(req)) return void res.status(204).end()
    res.redirect(303, `${base}/`)
  })

  router.post('/sign-out', async (req, res) => {
    if (authenticator.isForeign(req)) return refuseForeign(res)
    await authenticator.signOut(req, clientAddress(req, trusted))
    res.set('Set-Cookie', authenticator.cookie(''))
    if (wantsJson(req)) return void res.status(204).end()
    res.redirect(303, `${base}/sign-in`)
  })
  return router
}

const sendPage = (res: Response, status: number, html: string): void =>
  void res
    .status(status)
    .set({ ...PAGE_HEADERS, 'Cache-Control': 'no-store' })
    .send(html)

const refuseForeign = (res: Response): void =>
  void res.status(403).json({ message: 'Signing in and out is only for the dashboard’s own pages.' })

const isForm = (req: Request): boolean => req.is('application/x-www-form-urlencoded') !== false

const wantsJson = (req: Request): boolean => req.headers.accept === 'application/json'

/** Returns the requested view if it is one of ours. A path with two leading slashes would name another server. */
const view = (next: unknown): string => (typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/')
