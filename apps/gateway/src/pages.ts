import express, { type Response, Router } from 'express'
import type { Doorkeeper } from './admin-api/session.ts'
import { clientAddress, type TrustedProxies } from './runner-api/client-address.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 38rem; margin: 12vh auto; padding: 0 1.25rem }
h1 { font-size: 1.375rem; line-height: 1.25 }
code, input { font: 0.9375rem ui-monospace, monospace; overflow-wrap: anywhere }
input { box-sizing: border-box; width: 100%; padding: 0.625rem; margin: 0.25rem 0 1rem }
button { font: inherit; padding: 0.5rem 1rem; cursor: pointer }
[role=alert] { border-left: 4px solid #c62828; padding-left: 0.75rem }`

/** Signing in and out in a browser, and the page one arrives at. Text that varies is none of the caller's: no escaping. */
export function pages(doorkeeper: Doorkeeper, { base, trusted }: { base: string; trusted: TrustedProxies }): Router {
  const router = Router({ caseSensitive: true })

  router.get('/', async (req, res) => {
    const access = await doorkeeper.access(req)
    if (access.kind === 'nobody') return void res.redirect(303, `${base}/sign-in`)
    page(
      res,
      200,
      'You are signed in',
      `<p>Jobs, runners and live logs are at <code>${base}/trpc</code>; a job’s log is at
       <code>${base}/download/jobs/&lt;id&gt;/trace</code>.</p>
       <p>No job yet? Run <code>npm run demo</code> in a second terminal.</p>
       <form method="post" action="${base}/sign-out"><button>Sign out</button></form>`,
    )
  })

  router.get('/sign-in', async (req, res) => {
    const { token } = req.query
    if (typeof token !== 'string') return signInPage(res, 200)
    const session = await doorkeeper.useSignInLink(token)
    if (session === null) return signInPage(res, 403, 'This sign-in link was used or has expired.')
    res.set('Set-Cookie', doorkeeper.cookie(session)).set('Referrer-Policy', 'no-referrer').redirect(303, `${base}/`)
  })

  router.post('/sign-in', express.urlencoded({ extended: false, limit: '4kb' }), async (req, res) => {
    const body: unknown = req.body
    const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined
    const session = await doorkeeper.signIn(
      typeof token === 'string' ? token.trim() : '',
      clientAddress(req, trusted) ?? '',
    )
    if (session === 'wait') return signInPage(res, 429, 'Too many attempts. Wait a minute, then try again.')
    if (session === null) return signInPage(res, 403, 'That is not an administrator’s token.')
    res.set('Set-Cookie', doorkeeper.cookie(session)).redirect(303, `${base}/`)
  })

  router.post('/sign-out', async (req, res) => {
    await doorkeeper.signOut(req)
    res.set('Set-Cookie', doorkeeper.cookie('')).redirect(303, `${base}/sign-in`)
  })

  function signInPage(res: Response, status: number, problem?: string): void {
    page(
      res,
      status,
      'Sign in to Yardmaster',
      `${problem ? `<p role="alert">${problem}</p>` : ''}
       <form method="post" action="${base}/sign-in">
       <label for="token">Administrator’s token</label>
       <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
       <button>Sign in</button></form>
       <p>The token is in <code>admin-token</code> in the data directory, or what <code>ADMIN_TOKEN</code> was set to.
       Starting Yardmaster prints a link that signs in once.</p>`,
    )
  }
  return router
}

function page(res: Response, status: number, title: string, body: string): void {
  res
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    })
    .send(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style>
<main><h1>${title}</h1>${body}</main></html>
`)
}
