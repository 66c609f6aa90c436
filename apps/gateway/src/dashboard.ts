import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { isView } from '@yardmaster/common'
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import expressStaticGzip from 'express-static-gzip'
import type { Authenticator } from './access/authenticator.ts'
import { PAGE_HEADERS } from './http/page-headers.ts'
import { DASHBOARD } from './process/program-files.ts'

/** Paths for programs, not for people: an unknown path below them stays an error that programs understand. */
const NO_VIEW = /^\/(?:api|trpc|download|assets)(?:\/|$)/

export interface Dashboard {
  readonly router: Router
  /** Sends the application, which then shows the view of the address. */
  show(res: Response, status: number): Promise<void>
}

/**
 * Serves the built dashboard. Hashed files may be cached for ever; the page that refers to them is fetched every time.
 *
 * @param base - path prefix of the external address, without a slash at the end.
 */
export function dashboard(
  authenticator: Authenticator,
  { base, folder = DASHBOARD }: { base: string; folder?: string },
): Dashboard {
  async function show(res: Response, status: number): Promise<void> {
    const built = await readFile(join(folder, 'index.html'), 'utf8').catch(() => null)
    if (built === null) {
      res
        .status(status === 200 ? 503 : status)
        .type('text/plain')
        .send('The dashboard is not built. Start Yardmaster with: npm start\n')
      return
    }
    res.status(status).set(PAGE_HEADERS).send(below(built, base))
  }

  const router = Router({ caseSensitive: true })
  router.use('/assets', compressed(join(folder, 'assets'), 'public, max-age=31536000, immutable'), notFound)
  router.use(files(folder, 'no-cache'))
  router.get(/.*/, async (req, res, next) => {
    const hasView = isView(req.path)
    if (!hasView && (NO_VIEW.test(req.path) || !wantsPage(req))) return next()
    if (hasView && (await authenticator.access(req)).kind === 'nobody') {
      const wanted = req.url === '/' ? '' : `?next=${encodeURIComponent(req.url)}`
      return void res.redirect(303, `${base}/sign-in${wanted}`)
    }
    await show(res, hasView ? 200 : 404)
  })
  return { router, show }
}

const served = (cacheControl: string) => ({
  index: false as const,
  redirect: false,
  setHeaders: (res: ServerResponse) => void res.setHeader('Cache-Control', cacheControl),
})

const files = (folder: string, cacheControl: string): RequestHandler => express.static(folder, served(cacheControl))

/** Serves files that also exist compressed, for clients that accept that. */
const compressed = (folder: string, cacheControl: string): RequestHandler =>
  expressStaticGzip(folder, {
    index: false,
    enableBrotli: true,
    orderPreference: ['br', 'gz'],
    serveStatic: served(cacheControl),
  })

const notFound: RequestHandler = (_req, res) => void res.status(404).json({ error: '404 Not Found' })

const wantsPage = (req: Request): boolean => (req.headers.accept ?? '').includes('text/html')

/** Adds the prefix to the relative addresses of the page, and passes it to the application. */
const below = (page: string, base: string): string => {
  const prefix = base.replaceAll('&', '&amp;')
  return page
    .replaceAll(/(src|href)="\.\//g, `$1="${prefix}/`)
    .replace('name="yardmaster-base" content=""', `name="yardmaster-base" content="${prefix}"`)
}
