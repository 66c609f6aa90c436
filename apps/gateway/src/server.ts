import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newOpaqueValue } from '@yardmaster/domain'
import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express'
import { refuseOddHosts } from './http/host-header.ts'
import { lastResort } from './http/last-resort.ts'
import { EDGE_LIMITS, type EdgeLimits, openEdge } from './http/limits.ts'
import { refuseOtherMethods } from './http/methods.ts'
import { dropRest } from './http/read-body.ts'
import { cutSlowReaders } from './http/slow-readers.ts'
import { type Logger, withRequestId } from './log.ts'
import type { Metrics } from './metrics.ts'
import { labelOf } from './runner-api/routes.ts'
import { type ServerParts, surface } from './surface.ts'

/**
 * Longer than the 90 s after which runners drop idle connections, because a server that closes first loses requests
 * (`docs/protocol/client.md 1`).
 */
const KEEP_ALIVE_MS = 100_000
/** Milliseconds between two checks for connections whose headers take too long. */
const CHECK_MS = 5_000

/**
 * Builds everything in `docs/operations.md#addresses`. If the external address has a path prefix, everything is served
 * below the prefix and, for proxies that strip it, at the root.
 */
export function buildServer(parts: ServerParts): Express {
  const { services, metrics, log } = parts
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.locals.edge = openEdge(parts.limits)

  const { pathname } = new URL(services.policy.externalUrl)
  const base = pathname.replace(/\/+$/, '')
  const { api, ...others } = surface(parts, base)
  const rest = Router({ caseSensitive: true })
  rest.use(refuseOtherMethods)
  for (const { at, handlers } of Object.values(others)) rest.use(at, ...handlers)

  app.use(requestId(log, metrics))
  app.use(refuseOddHosts)
  for (const prefix of base === '' ? [''] : [base, '']) {
    // Mounted beside the rest, because each router on the way costs a poll as much as reading its body.
    app.use(prefix + api.at, ...api.handlers)
    app.use(prefix || '/', rest)
  }
  app.use((_req, res) => void res.status(404).json({ error: '404 Not Found' }))
  const failed = lastResort(log)
  // Express recognizes an error handler by its four parameters.
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => failed(error, req, res))
  return app
}

/**
 * Repeats a well-formed request id, else makes one; every line logged for the request carries it
 * (`docs/protocol/common.md 8`).
 */
function requestId(log: Logger, metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const given = req.headers['x-request-id']
    const id = typeof given === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(given) ? given : newOpaqueValue()
    res.setHeader('X-Request-Id', id)
    res.setHeader('X-Content-Type-Options', 'nosniff')
    res.setHeader('Cache-Control', 'max-age=0, private, must-revalidate')
    noteEnd(req, res, log, metrics)
    withRequestId(id, next)
  }
}

/** Records how a request ended. A separate function, so that its closure keeps nothing else alive with the request. */
function noteEnd(req: Request, res: Response, log: Logger, metrics: Metrics): void {
  const begun = performance.now()
  const { method, path } = req
  // Handlers notice a broken connection by other events; without a listener this one would end the process.
  const onError = (error: unknown) => log.debug({ err: error, path }, 'a connection broke')
  req.on('error', onError)
  res.on('error', onError)
  res.on('finish', () => {
    const seconds = (performance.now() - begun) / 1000
    const status = res.statusCode
    metrics.requestTime.observe({ route: routeOf(method, path) }, seconds)
    // A body that no handler read must not arrive for ever.
    if (!req.complete) dropRest(req)
    const level = levelOf(method, status)
    if (log.isLevelEnabled(level)) log[level]({ method, path, status, ms: Math.round(seconds * 1000) }, 'request')
  })
}

/** Returns the log level of a request; frequent requests without a change are not worth a line at the default level. */
function levelOf(method: string, status: number): 'error' | 'info' | 'debug' {
  if (status >= 500) return 'error'
  return status === 204 || status === 202 || method === 'GET' ? 'debug' : 'info'
}

/** Returns the metrics label of a request. There are few, because a label per path would grow without limit. */
function routeOf(method: string, path: string): string {
  const ofRunners = labelOf(method, path)
  if (ofRunners !== null) return ofRunners
  if (/\/download\/jobs\/[^/]+\/(?:artifacts|files)\//.test(path)) return 'artifact_download'
  if (/\/hooks\/[^/]+\/[a-z]+$/.test(path)) return 'hook'
  if (path.endsWith('/trace')) return 'trace_download'
  if (/\.git\/(?:info\/refs|git-)/.test(path)) return 'git'
  return path.includes('/trpc/') || path.includes('/api/admin/') ? 'admin_api' : 'other'
}

export interface Listening {
  readonly port: number
  /** Stops accepting at once, waits up to `graceMs` for requests under way, then cuts the remaining connections. */
  stop(graceMs: number): Promise<void>
}

/** Opens the port; 0 selects any free one. */
export async function listen(
  handler: { current: Express | null },
  { host, port }: { host: string; port: number },
  limits: EdgeLimits = EDGE_LIMITS,
): Promise<Listening & { server: Server }> {
  const server = createServer({ connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs) }, (req, res) => {
    if (handler.current) handler.current(req, res)
    else res.writeHead(503, { 'Retry-After': '1' }).end()
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.headersTimeout = limits.headersMs
  server.maxConnections = limits.connections
  cutSlowReaders(server, limits.leastPace)
  // This server is not a proxy. Without a listener Node would close the connection without an answer.
  server.on('connect', (_req, socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  // No limit, because uploads may take long.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // Closes the busy connections as they become idle.
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearInterval(idle)
      clearTimeout(cut)
    },
  }
}
