import { type Request, Router } from 'express'
import type { Doorkeeper } from './admin-api/session.ts'
import type { Dashboard } from './dashboard.ts'
import { readBody } from './read-body.ts'
import { clientAddress, type TrustedProxies } from './runner-api/client-address.ts'
import { parseForm } from './runner-api/form.ts'
import { refuseBody } from './runner-api/refuse-body.ts'

const SIGN_IN_BYTES = 4096

/** Signing in and out in a browser. The dashboard asks for JSON, a plain form is sent where it wanted to go. */
export function pages(
  doorkeeper: Doorkeeper,
  { base, trusted, show }: { base: string; trusted: TrustedProxies; show: Dashboard['show'] },
): Router {
  const router = Router({ caseSensitive: true })

  router.get('/sign-in', async (req, res) => {
    const { token, next } = req.query
    if (typeof token !== 'string') {
      if ((await doorkeeper.access(req)).kind !== 'nobody') return void res.redirect(303, base + view(next))
      return await show(res, 200)
    }
    const session = await doorkeeper.useSignInLink(token, clientAddress(req, trusted))
    // The application finds the token in its address and says what became of it.
    if (session === null) return await show(res, 403)
    res.set('Set-Cookie', doorkeeper.cookie(session)).set('Referrer-Policy', 'no-referrer').redirect(303, `${base}/`)
  })

  router.post('/sign-in', async (req, res) => {
    const bytes = await readBody(req, SIGN_IN_BYTES)
    if (typeof bytes === 'string') return refuseBody(req, res, bytes)
    const token = isForm(req) ? parseForm(bytes.toString('utf8'))?.token : undefined
    const session = await doorkeeper.signIn(typeof token === 'string' ? token.trim() : '', clientAddress(req, trusted))
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
    res.set('Set-Cookie', doorkeeper.cookie(session))
    if (wantsJson(req)) return void res.status(204).end()
    res.redirect(303, `${base}/`)
  })

  router.post('/sign-out', async (req, res) => {
    await doorkeeper.signOut(req, clientAddress(req, trusted))
    res.set('Set-Cookie', doorkeeper.cookie(''))
    if (wantsJson(req)) return void res.status(204).end()
    res.redirect(303, `${base}/sign-in`)
  })
  return router
}

const isForm = (req: Request): boolean => req.is('application/x-www-form-urlencoded') !== false

const wantsJson = (req: Request): boolean => req.headers.accept === 'application/json'

/** Where somebody wanted to go, if that is one of our own views: two slashes would begin the name of another server. */
const view = (next: unknown): string => (typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/')
