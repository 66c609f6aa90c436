import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from './testing/test-gateway.ts'

const MIB = 1_048_576
/** How long a condition may take on a busy machine. The wait ends as soon as it holds. */
const PATIENCE = { timeout: 240_000, interval: 20 }
const TEST_MS = 90_000

let gateway: TestGateway
let sockets: Socket[] = []

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets = []
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Client {
  readonly socket: Socket
  readonly text: () => string
  readonly closed: Promise<unknown>
}

async function open(url: string, ...lines: string[]): Promise<Client> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  sockets.push(socket)
  let text = ''
  socket.on('error', () => {})
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece
  })
  const closed = new Promise((resolve) => socket.on('close', resolve))
  await once(socket, 'connect')
  socket.write(lines.map((line) => `${line}\r\n`).join(''))
  return { socket, text: () => text, closed }
}

const chunked = (url: string, method: string, path: string, ...headers: string[]) =>
  open(
    url,
    `${method} ${path} HTTP/1.1`,
    'Host: x',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    ...headers,
    '',
  )

/** Writes as fast as the server reads. */
async function send({ socket }: Client, bytes: string): Promise<void> {
  if (socket.destroyed || socket.write(bytes, 'latin1')) return
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
}

/** Writes a little at a time until the connection ends. A client that does not read notices the end only by writing. */
function trickle({ socket, closed }: Client, bytes: string): void {
  const timer = setInterval(() => socket.write(bytes), 50)
  void closed.then(() => clearInterval(timer))
}

async function takeJob(): Promise<{ id: number; token: string }> {
  const runner = await gateway.register()
  await gateway.admin('mutation', 'jobs.create', { name: 'sample', definition: { script: ['true'] } })
  return (await gateway.post('/jobs/request', { token: runner.token })).body as { id: number; token: string }
}

const verify = (url: string) => chunked(url, 'POST', '/api/v4/runners/verify')

describe('bodies of unauthorized senders', () => {
  test(
    'take no more memory than their bytes, even if each byte arrives in a chunk of its own',
    async () => {
      const clients = await Promise.all([verify(gateway.url), verify(gateway.url)])
      const before = memoryInUse()
      const piece = '1\r\na\r\n'.repeat(10_000)
      // 600,000 bytes each, below the limit of one body.
      for (let sent = 0; sent < 60; sent++) await Promise.all(clients.map((client) => send(client, piece)))
      expect((await gateway.call('GET', '/healthz')).status).toBe(200)
      expect(clients.map((client) => client.text())).toEqual(['', ''])
      // Kept as views of a byte each, 1.2 million of them take more than 90 MiB.
      expect(memoryInUse() - before).toBeLessThan(45 * MIB)
    },
    TEST_MS,
  )

  test(
    'are dropped when they are too large together, the largest first, and small ones get through',
    async () => {
      const url = await gateway.openWith({ unknownBytes: MIB, bodyMs: 600_000 })
      const clients: Client[] = []
      const piece = `4000\r\n${'a'.repeat(16_384)}\r\n`
      // Each takes a block of 256 KiB, so four fit.
      for (let count = 0; count < 12; count++) {
        const client = await verify(url)
        clients.push(client)
        for (let sent = 0; sent < 14; sent++) await send(client, piece)
      }
      const refused = () => clients.filter((client) => client.text().startsWith('HTTP/1.1 503'))
      await expect.poll(() => refused().length, PATIENCE).toBeGreaterThanOrEqual(8)
      expect(refused()[0]?.text()).toMatch(/Retry-After: \d+/)
      const honest = await verify(url)
      await send(honest, '5\r\n{"tok\r\n')
      await send(honest, '8\r\nen":"x"}\r\n0\r\n\r\n')
      await expect.poll(honest.text, PATIENCE).toContain('HTTP/1.1 403')
    },
    TEST_MS,
  )

  test.each([
    ['PATCH', '/api/v4/jobs/1/trace', ['Content-Range: 0-9', 'JOB-TOKEN: wrong'], 403],
    ['POST', '/api/v4/jobs/1/artifacts', ['JOB-TOKEN: wrong'], 403],
    ['POST', '/trpc/jobs.create', [], 401],
  ])(
    'are not awaited where the token is in the headers: %s %s',
    async (method, path, headers, status) => {
      const client = await chunked(gateway.url, method, path, ...headers)
      await expect.poll(client.text, PATIENCE).toContain(`HTTP/1.1 ${status} `)
    },
    TEST_MS,
  )
})

describe('a body that never ends', () => {
  test.each([
    ['POST', '/api/v4/jobs/request'],
    ['POST', '/api/v4/runners'],
    ['PUT', '/api/v4/jobs/1'],
    ['POST', '/sign-in'],
  ])(
    'is refused, and its sender cut: %s %s',
    async (method, path) => {
      const url = await gateway.openWith({ bodyMs: 300 })
      const client = await chunked(url, method, path)
      trickle(client, '1\r\n{\r\n')
      await expect.poll(client.text, PATIENCE).toContain('HTTP/1.1 408 ')
      client.socket.end()
      await client.closed
    },
    TEST_MS,
  )

  test.each([
    ['a patch', 'PATCH', 'trace'],
    ['an upload', 'POST', 'artifacts'],
  ])(
    'is refused when %s of an authorized sender arrives too slowly',
    async (_, method, path) => {
      const url = await gateway.openWith({ leastPace: { bytes: 16_384, withinMs: 300 } })
      const { id, token } = await takeJob()
      const client = await open(
        url,
        `${method} /api/v4/jobs/${id}/${path} HTTP/1.1`,
        'Host: x',
        `JOB-TOKEN: ${token}`,
        'Content-Range: 0-99999',
        'Content-Type: multipart/form-data; boundary=x',
        'Transfer-Encoding: chunked',
        '',
      )
      trickle(client, '1\r\n-\r\n')
      await expect.poll(client.text, PATIENCE).toContain('HTTP/1.1 408 ')
    },
    TEST_MS,
  )

  test(
    'of an authorized sender may take longer than that of others',
    async () => {
      const bodyMs = 200
      const url = await gateway.openWith({ bodyMs })
      const { id, token } = await takeJob()
      const client = await chunked(url, 'PATCH', `/api/v4/jobs/${id}/trace`, `JOB-TOKEN: ${token}`, 'Content-Range: 0-')
      await send(client, '5\r\nhello\r\n')
      // An unauthorized body begins later and is refused, so its time limit has passed for both.
      const other = await verify(url)
      await expect.poll(other.text, PATIENCE).toContain('HTTP/1.1 408 ')
      await send(client, '0\r\n\r\n')
      await expect.poll(client.text, PATIENCE).toContain('HTTP/1.1 202 ')
    },
    TEST_MS,
  )
})

test(
  'headers that never end are refused',
  async () => {
    const client = await open(await gateway.openWith({ headersMs: 300 }), 'GET /healthz HTTP/1.1', 'Host: x')
    trickle(client, 'X-A: b\r\n')
    await client.closed
    expect(client.text()).not.toContain('HTTP/1.1 200')
  },
  TEST_MS,
)

test(
  'connections above the limit are closed, and there is room again when one ends',
  async () => {
    const url = await gateway.openWith({ connections: 3 })
    const healthz = ['GET /healthz HTTP/1.1', 'Host: x', '']
    const held = [await open(url, ...healthz), await open(url, ...healthz), await open(url, ...healthz)]
    for (const client of held) await expect.poll(client.text, PATIENCE).toContain('HTTP/1.1 200 ')

    const further = await open(url, ...healthz)
    await further.closed
    expect(further.text()).toBe('')
    expect(held.map(({ socket }) => socket.destroyed)).toEqual([false, false, false])

    held[0]?.socket.destroy()
    const again = async () => {
      const client = await open(url, ...healthz)
      await Promise.race([client.closed, once(client.socket, 'data').catch(() => {})])
      return client.text()
    }
    await expect.poll(again, PATIENCE).toContain('HTTP/1.1 200 ')
  },
  TEST_MS,
)

describe('a client that does not read', () => {
  // More than the buffers of both ends of a connection hold.
  const log = Buffer.alloc(24 * MIB, 'x'.repeat(99).concat('\n'))
  let id = 0
  let url = ''

  beforeAll(async () => {
    const job = await takeJob()
    id = job.id
    const headers = { 'job-token': job.token, 'content-range': `0-${log.length - 1}` }
    expect((await gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, { body: log, headers })).status).toBe(202)
    url = await gateway.openWith({ leastPace: { bytes: 16_384, withinMs: 500 } })
  }, TEST_MS)

  const ask = async (path: string): Promise<Client> => {
    const client = await open(url, `GET ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${ADMIN_TOKEN}`, '')
    client.socket.pause()
    trickle(client, '\r\n')
    return client
  }

  test(
    'loses its download, and its resources are released',
    async () => {
      const client = await ask(`/download/jobs/${id}/trace`)
      await client.closed
      expect(client.text().length).toBeLessThan(log.length)
    },
    TEST_MS,
  )

  test(
    'loses its subscription, and its resources are released',
    async () => {
      const followers = async () =>
        /^yardmaster_trace_followers (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]
      const input = encodeURIComponent(JSON.stringify({ jobId: id }))
      const client = await ask(`/trpc/traces.watch?input=${input}`)
      await expect.poll(followers, PATIENCE).toBe('1')
      await client.closed
      expect(client.text().length).toBeLessThan(log.length)
      await expect.poll(followers, PATIENCE).toBe('0')
    },
    TEST_MS,
  )
})

test.each(['TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'OPTIONS'])(
  '%s is not allowed at any path outside the protocol, and answered so',
  async (method) => {
    for (const path of ['/trpc/jobs.list', '/healthz', '/metrics', '/sign-in', '/', '/download/jobs/1/trace']) {
      const { status, text, headers } = await gateway.call(method, path)
      expect([path, status]).toEqual([path, method === 'OPTIONS' ? 204 : 405])
      expect(headers.allow).toContain('GET')
      expect(text).not.toMatch(/\bat .*:\d+/)
    }
    if (method !== 'OPTIONS') expect((await gateway.call(method, '/api/v4/runners/verify')).status).toBe(405)
  },
)

const PATHS = ['/trpc/settings.get', '/healthz', '/sign-in', '/api/v4/runners', '/download/jobs/1/trace', '/x']

/** Returns the status of the answer to a request with this `Host`. */
async function statusFor(host: string, path: string): Promise<number> {
  const authorization = `Authorization: Bearer ${ADMIN_TOKEN}`
  const client = await open(
    gateway.url,
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    authorization,
    'Connection: close',
    '',
  )
  await client.closed
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(client.text())?.[1])
}

test.each([
  '127@0.0.1',
  'user:secret@x',
  '@',
  'a b',
  'x/y',
  'x?y',
  'x#y',
  'x\\y',
  '[',
  '[x]',
  ':::',
  'x:port',
  'x:123456',
  '\xff',
  '<x>',
])(
  'a malformed Host is answered with 400: %s',
  async (host) => {
    for (const path of PATHS) expect([path, await statusFor(host, path)]).toEqual([path, 400])
  },
  TEST_MS,
)

test.each(['x', '127.0.0.1:80', '[::1]:8080', 'A_b.example.', 'xn--bcher-kva.example:'])(
  'a valid Host is accepted: %s',
  async (host) => {
    expect(await statusFor(host, '/trpc/settings.get')).toBe(200)
    expect(await statusFor(host, '/healthz')).toBe(200)
  },
  TEST_MS,
)

test.each(['/', '127.0.0.1:443', '/api/v4/jobs/request', '*'])(
  'CONNECT opens no tunnel and is answered with 405: %s',
  async (target) => {
    const client = await open(gateway.url, `CONNECT ${target} HTTP/1.1`, 'Host: x', '')
    await client.closed
    expect(client.text()).toMatch(/^HTTP\/1\.1 405 /)
    expect((await gateway.call('GET', '/healthz')).status).toBe(200)
  },
  TEST_MS,
)

/** Returns the bytes in use after garbage collection. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
