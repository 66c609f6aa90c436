import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probeWrites } from '@yardmaster/db'
import { openTestDatabase, type TestDatabase } from '@yardmaster/db/testing'
import { digestOf, type Policy, type Services } from '@yardmaster/domain'
import { steadyClock, TEST_POLICY } from '@yardmaster/domain/testing'
import { queueValueKey } from '@yardmaster/domain/wakeups'
import { FilesystemObjectStore } from '../adapters/filesystem-object-store.ts'
import { openRepositories } from '../adapters/git/open-repositories.ts'
import { HttpRequestSender } from '../adapters/http-request-sender.ts'
import { MemoryEventBus } from '../adapters/memory-event-bus.ts'
import { MemoryScratch } from '../adapters/memory-scratch.ts'
import { WorkerCompiler } from '../adapters/worker-compiler.ts'
import { assemble } from '../assemble.ts'
import { EDGE_LIMITS, type EdgeLimits } from '../http/limits.ts'
import { openLog } from '../log.ts'
import { listen } from '../server.ts'

export const ADMIN_TOKEN = 'ymat-an-administrator-of-tests'
/** Characters. The input of a longer query is sent as the body. */
const LONGEST_QUESTION = 2_000

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body parsed as JSON; undefined when it isn't JSON. */
  readonly body: unknown
}

export interface Call {
  /** Sent as JSON, with its content type. */
  readonly json?: unknown
  /** Sent unchanged. */
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string
  readonly services: Services
  readonly database: TestDatabase
  /** The instance's registration token. */
  readonly registrationToken: string
  /** Sends a request exactly as given, without adding a content type, headers or escapes. */
  call(method: string, path: string, call?: Call): Promise<Answer>
  /** Sends `POST /api/v4…` with a JSON body. */
  post(path: string, json: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Calls a procedure of the admin API as an administrator; rejects when it is refused. */
  admin<Output = unknown>(kind: 'query' | 'mutation', procedure: string, input?: unknown): Promise<Output>
  /** Registers an instance runner. */
  register(attributes?: Record<string, unknown>): Promise<{ id: number; token: string }>
  /**
   * Opens the same gateway at a further address with other limits. Returns the address, which closes with the gateway.
   */
  openWith(limits: Partial<EdgeLimits>): Promise<string>
  /** Returns the queue value stored for a token. */
  queueValue(token: string): Promise<string | null>
}

/**
 * Starts a whole gateway on its own port, with its own database and folder, and with events and short-lived values in
 * memory. One per test file.
 */
export async function startTestGateway({
  policy = {},
  proxies = [],
  limits = {},
}: {
  policy?: Partial<Policy>
  /** Further trusted networks. */
  proxies?: readonly string[]
  /** Limits on what clients may use of the process. */
  limits?: Partial<EdgeLimits>
} = {}): Promise<TestGateway> {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await openTestDatabase())
  const events = opened.use(new MemoryEventBus())
  const scratch = opened.use(new MemoryScratch())
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-objects-'))
  // Retries, because the index of a log may still be written into it.
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const objects = opened.use(await FilesystemObjectStore.open(folder))
  const { repositories, gitServer } = opened.use(
    await openRepositories(join(folder, '.repositories'), {
      limits: { mostBytes: 2 ** 28, mostBytesTogether: 2 ** 30 },
      environment: { PATH: process.env.PATH },
      store: database.stores.ownRepositories,
      artifacts: database.stores.artifacts,
      objects,
      mostRunBytes: TEST_POLICY.maxRunBytes,
    }),
  )
  // Work in the background needs all of these, after the port has closed as well.
  let background: Services['background'] | undefined
  opened.defer(() => background?.settle())
  const stopping = new AbortController()
  const openPort = async (edge: Partial<EdgeLimits>, until: AsyncDisposableStack) => {
    const handler: Parameters<typeof listen>[0] = { current: null }
    const listening = await listen(handler, { host: '127.0.0.1', port: 0 }, { ...EDGE_LIMITS, ...edge })
    until.defer(async () => {
      stopping.abort()
      listening.server.closeAllConnections()
      await listening.stop(0)
    })
    return { handler, port: listening.port }
  }
  const listening = await openPort(limits, opened)
  const url = `http://127.0.0.1:${listening.port}`

  const assembly = opened.use(
    await assemble(
      {
        stores: database.stores,
        events,
        scratch,
        objects,
        configs: opened.use(new WorkerCompiler()),
        requestSender: opened.use(new HttpRequestSender()),
        repositories,
        gitServer,
        clock: steadyClock(),
      },
      {
        policy: { ...TEST_POLICY, externalUrl: url, ...policy },
        adminToken: ADMIN_TOKEN,
        trustedProxies: proxies,
        log: openLog('silent'),
        report(name, error) {
          throw new Error(`could not ${name}`, { cause: error })
        },
        stopping: stopping.signal,
        probeDatabase: () => probeWrites(database.db),
      },
    ),
  )
  const { services } = assembly
  background = services.background
  listening.handler.current = assembly.serve(limits)

  const call: TestGateway['call'] = (method, path, given) => send(listening.port, method, path, given)
  const post: TestGateway['post'] = (path, json, headers = {}) => call('POST', `/api/v4${path}`, { json, headers })
  const registrationToken = (await services.settings.registrationToken()) ?? ''
  const running = opened.move()
  return {
    url,
    services,
    database,
    registrationToken,
    call,
    post,
    async admin<Output>(kind: 'query' | 'mutation', procedure: string, input?: unknown) {
      const authorization = { authorization: `Bearer ${ADMIN_TOKEN}` }
      const question = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
      const isInAddress = kind === 'query' && question.length <= LONGEST_QUESTION
      const { status, text } = await call(
        isInAddress ? 'GET' : 'POST',
        `/trpc/${procedure}${isInAddress ? question : ''}`,
        { headers: authorization, ...(!isInAddress && { json: input ?? null }) },
      )
      if (status !== 200) throw new Error(`${procedure}: ${status} ${text}`)
      return (JSON.parse(text) as { result: { data: Output } }).result.data
    },
    async register(attributes = {}) {
      const { status, body, text } = await post('/runners', { token: registrationToken, ...attributes })
      if (status !== 201) throw new Error(`not registered: ${status} ${text}`)
      return body as { id: number; token: string }
    },
    async openWith(edge) {
      const another = await openPort(edge, running)
      another.handler.current = assembly.serve(edge)
      return `http://127.0.0.1:${another.port}`
    },
    queueValue: (token) => scratch.get(queueValueKey(digestOf(token))),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Sends one request over its own connection. */
export function send(
  port: number,
  method: string,
  path: string,
  { json, body, headers = {} }: Call = {},
): Promise<Answer> {
  const bytes = json === undefined ? body : JSON.stringify(json)
  const type = json === undefined ? {} : { 'content-type': 'application/json' }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const isChunked = 'transfer-encoding' in headers
  const length = bytes === undefined || isChunked ? {} : { 'content-length': String(Buffer.byteLength(bytes)) }
  const req = request(
    { host: '127.0.0.1', port, method, path, headers: { ...type, ...length, ...headers }, agent: false },
    (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, body: parsed(text) })
      })
    },
  )
  req.on('error', reject)
  req.end(bytes)
  return promise
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
