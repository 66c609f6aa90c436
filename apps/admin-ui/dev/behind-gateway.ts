import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { type IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Plugin, ProxyOptions, ViteDevServer } from 'vite'

/** What Vite serves itself: its own modules, the sources, and dependencies. */
const MODULES = /^\/(?:@|src\/|node_modules\/)/
/** By this the gateway's answer is known as the dashboard's page, and not one of its own. */
const DASHBOARD = /<meta name="yardmaster-base" content="([^"]*)"/
/** Headers that are about one connection, or about the body that is replaced. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length'])
/** A gateway that restarts after a change is waited for so long: a busy machine takes a minute to start one. */
const RESTART_MS = 120_000
const LOOK_MS = 100

/**
 * Puts Vite's dev server in front of a gateway, which decides about everything but modules: sign-in, redirects, statuses,
 * cookies and policies are as in production. Only the dashboard's page is replaced by that of the sources, and its policy
 * lets in what Vite adds, by a nonce.
 *
 * @param gateway - its address. With a path prefix in `EXTERNAL_URL` pages are below the prefix, and modules are not.
 */
export function behindGateway(gateway: string): Plugin {
  const nonce = randomUUID()
  let vite: ViteDevServer
  const proxy: ProxyOptions = {
    target: gateway,
    ws: true,
    xfwd: true,
    selfHandleResponse: true,
    async bypass({ url = '/', headers }) {
      const [pathname = '/'] = url.split('?')
      if (MODULES.test(pathname) || isPublic(vite.config.publicDir, pathname)) return url
      if (headers['sec-websocket-protocol']?.startsWith('vite-')) return url
      await untilListening(gateway)
      return null
    },
    configure(server) {
      server.on('proxyRes', (answer, request, response) => {
        const passed = answer.headers['content-type']?.startsWith('text/html')
          ? passPage(answer, response)
          : passOn(answer, response)
        passed.catch((error) => response.destroy(error))
        request.on('error', () => response.destroy())
      })
      // Without an answer, because the gateway ended meanwhile or does not start: the page loads itself until it is back.
      server.on('error', (_error, _request, response) => {
        if (!(response instanceof ServerResponse) || response.headersSent) return
        response.writeHead(503, { 'Content-Type': 'text/plain', Refresh: '1' })
        response.end('The gateway does not answer. This page loads itself again until it does.\n')
      })
    },
  }

  async function passPage(answer: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = (await buffer(answer)).toString('utf8')
    const base = DASHBOARD.exec(text)?.[1]
    passHeaders(answer, response)
    if (base === undefined) return void response.end(text)
    const source = readFileSync(join(vite.config.root, 'index.html'), 'utf8')
    const page = await vite.transformIndexHtml('/index.html', source)
    const policy = String(answer.headers['content-security-policy'] ?? '')
    response.setHeader('Content-Security-Policy', policy.replaceAll(/(script|style)-src/g, `$& 'nonce-${nonce}'`))
    response.end(page.replace(DASHBOARD, `<meta name="yardmaster-base" content="${base}"`))
  }

  return {
    name: 'behind-gateway',
    apply: 'serve',
    config: () => ({ appType: 'custom', html: { cspNonce: nonce }, server: { proxy: { '/': proxy } } }),
    configureServer(server) {
      vite = server
    },
  }
}

function passHeaders(answer: IncomingMessage, response: ServerResponse): void {
  response.statusCode = answer.statusCode ?? 502
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    if (values && !OF_CONNECTION.has(name)) response.setHeader(name, values)
  }
}

/** Piece by piece: live views are answers that go on. */
async function passOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  passHeaders(answer, response)
  const { 'content-length': length } = answer.headers
  if (length !== undefined) response.setHeader('Content-Length', length)
  response.flushHeaders()
  // One of the two that breaks off ends the other; there is nothing else to do about it.
  pipeline(answer, response, () => undefined)
}

const isPublic = (folder: string, pathname: string): boolean => pathname !== '/' && existsSync(join(folder, pathname))

/** Resolves once something listens there, or when waiting longer would be of no use. */
async function untilListening(address: string): Promise<void> {
  const { hostname, port } = new URL(address)
  for (const end = performance.now() + RESTART_MS; performance.now() < end; await pause(LOOK_MS)) {
    const isListening = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.destroy()
        resolve(true)
      }).once('error', () => resolve(false))
    })
    if (isListening) return
  }
}
