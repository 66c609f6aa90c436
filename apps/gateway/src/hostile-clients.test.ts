import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from './testing.ts'

const MIB = 1_048_576
/** Short enough to be waited for, long enough for a busy machine to get honest requests through. */
const LIMITS = {
  bodyMs: 4_000,
  headersMs: 4_000,
  unknownBytes: 4 * MIB,
  leastPace: { bytes: 16_384, withinMs: 4_000 },
}

let gateway: TestGateway
let sockets: Socket[] = []

beforeAll(async () => {
  gateway = await startTestGateway({ limits: LIMITS })
})
beforeEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets = []
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Client {
  readonly socket: Socket
  readonly text: () => string
  readonly closed: Promise<unknown>
}

const open = (...lines: string[]): Promise<Client> => openTo(gateway.url, ...lines)

async function openTo(url: string, ...lines: string[]): Promise<Client> {
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

const chunked = (method: string, path: string, ...headers: string[]) =>
  open(
    `${method} ${path} HTTP/1.1`,
    'Host: x',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    ...headers,
    '',
  )

/** Writes as fast as it is taken. */
async function send({ socket }: Client, bytes: string): Promise<void> {
  if (socket.destroyed || socket.write(bytes, 'latin1')) return
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
}

async function takeJob(): Promise<{ id: number; token: string }> {
  const runner = await gateway.register()
  await gateway.admin('mutation', 'jobs.create', { name: 'sample', definition: { script: ['true'] } })
  return (await gateway.post('/jobs/request', { token: runner.token })).body as { id: number; token: string }
}

const VERIFY = ['POST /api/v4/runners/verify HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked', '']

describe('bodies of senders nobody knows', () => {
  let patient: TestGateway

  // A busy machine takes longer for so much than is allowed elsewhere here.
  beforeAll(async () => {
    patient = await startTestGateway({ limits: { unknownBytes: 4 * MIB, bodyMs: 600_000 } })
  })
  afterAll(() => patient[Symbol.asyncDispose]())

  test('take no more memory than their bytes, though each byte comes in a chunk of its own', async () => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => openTo(patient.url, ...VERIFY)))
    globalThis.gc?.()
    const before = process.memoryUsage()
    const piece = '1\r\na\r\n'.repeat(10_000)
    // 900,000 bytes each, below what one body may have.
    for (let sent = 0; sent < 90; sent++) await Promise.all(clients.map((client) => send(client, piece)))
    expect((await patient.call('GET', '/healthz')).status).toBe(200)
    expect(clients.map((client) => client.text())).toEqual(['', '', ''])
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    // Kept as views of a byte each, 2.7 million of them take more than 200 MiB.
    expect(heapUsed - before.heapUsed + external - before.external).toBeLessThan(100 * MIB)
  }, 120_000)

  test('are given up when all of them together are too large, the largest first, and small ones get through', async () => {
    const clients: Client[] = []
    const piece = `10000\r\n${'a'.repeat(65_536)}\r\n`
    for (let count = 0; count < 12; count++) {
      const client = await openTo(patient.url, ...VERIFY)
      clients.push(client)
      for (let sent = 0; sent < 14; sent++) await send(client, piece)
    }
    const refused = () => clients.filter((client) => client.text().startsWith('HTTP/1.1 503'))
    await expect.poll(() => refused().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(8)
    expect(refused()[0]?.text()).toMatch(/Retry-After: \d+/)
    const honest = await openTo(patient.url, ...VERIFY)
    await send(honest, '5\r\n{"tok\r\n')
    await send(honest, '8\r\nen":"x"}\r\n0\r\n\r\n')
    await expect.poll(() => honest.text(), { timeout: 10_000 }).toContain('HTTP/1.1 403')
  }, 60_000)

  test.each([
    ['PATCH', '/api/v4/jobs/1/trace', ['Content-Range: 0-9', 'JOB-TOKEN: wrong'], 403],
    ['POST', '/api/v4/jobs/1/artifacts', ['JOB-TOKEN: wrong'], 403],
    ['POST', '/trpc/jobs.create', [], 401],
  ])('are not waited for where their token is in the head: %s %s', async (method, path, headers, status) => {
    const client = await chunked(method, path, ...headers)
    await expect.poll(() => client.text(), { timeout: 10_000 }).toContain(`HTTP/1.1 ${status} `)
  })
})

describe('a body that never ends', () => {
  test.each([
    ['POST', '/api/v4/jobs/request'],
    ['POST', '/api/v4/runners'],
    ['PUT', '/api/v4/jobs/1'],
    ['POST', '/sign-in'],
  ])(
    'is given up, and its sender cut: %s %s',
    async (method, path) => {
      const client = await chunked(method, path)
      const trickle = setInterval(() => client.socket.write('1\r\n{\r\n'), 100)
      await expect.poll(() => client.text(), { timeout: 15_000 }).toContain('HTTP/1.1 408 ')
      clearInterval(trickle)
      client.socket.end()
      await client.closed
    },
    30_000,
  )

  test.each([
    ['a patch', 'PATCH', 'trace'],
    ['an upload', 'POST', 'artifacts'],
  ])(
    'is given up when %s of a known sender comes too slowly',
    async (_, method, path) => {
      const { id, token } = await takeJob()
      const client = await open(
        `${method} /api/v4/jobs/${id}/${path} HTTP/1.1`,
        'Host: x',
        `JOB-TOKEN: ${token}`,
        'Content-Range: 0-99999',
        'Content-Type: multipart/form-data; boundary=x',
        'Transfer-Encoding: chunked',
        '',
      )
      const trickle = setInterval(() => client.socket.write('1\r\n-\r\n'), 100)
      await expect.poll(() => client.text(), { timeout: 30_000 }).toContain('HTTP/1.1 408 ')
      clearInterval(trickle)
    },
    60_000,
  )

  test('goes on as long as a known sender keeps the pace', async () => {
    const { id, token } = await takeJob()
    const client = await chunked('PATCH', `/api/v4/jobs/${id}/trace`, `JOB-TOKEN: ${token}`, 'Content-Range: 0-')
    // Longer than any body of others may take.
    const until = performance.now() + LIMITS.bodyMs * 1.5
    while (performance.now() < until) {
      await send(client, `4000\r\n${'a'.repeat(16_384)}\r\n`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await send(client, '0\r\n\r\n')
    await expect.poll(() => client.text(), { timeout: 15_000 }).toContain('HTTP/1.1 202 ')
  }, 60_000)
})

test('headers that never end are given up', async () => {
  const client = await open('GET /healthz HTTP/1.1', 'Host: x')
  const trickle = setInterval(() => client.socket.write('X-A: b\r\n'), 200)
  await client.closed
  clearInterval(trickle)
  expect(client.text()).not.toContain('HTTP/1.1 200')
}, 60_000)

describe('a client that does not read', () => {
  test('what it downloads is cut, and what it held is given back', async () => {
    const { id, token } = await takeJob()
    const log = Buffer.alloc(24 * MIB, 'x')
    const headers = { 'job-token': token, 'content-range': `0-${log.length - 1}` }
    expect((await gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, { body: log, headers })).status).toBe(202)
    const client = await open(
      `GET /download/jobs/${id}/trace HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${ADMIN_TOKEN}`,
      '',
    )
    client.socket.pause()
    // Only writing tells a client that does not read of the end of its connection.
    const nudging = setInterval(() => client.socket.write('\r\n'), 200)
    await client.closed
    clearInterval(nudging)
    expect(client.text().length).toBeLessThan(log.length)
  }, 60_000)

  test('but takes what comes as slowly as is allowed gets all of it', async () => {
    const { id, token } = await takeJob()
    const log = Buffer.alloc(4 * MIB, 'x')
    const headers = { 'job-token': token, 'content-range': `0-${log.length - 1}` }
    expect((await gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, { body: log, headers })).status).toBe(202)
    const client = await open(
      `GET /download/jobs/${id}/trace HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${ADMIN_TOKEN}`,
      'Connection: close',
      '',
    )
    const pausing = setInterval(() => {
      client.socket.pause()
      setTimeout(() => client.socket.resume(), 50)
    }, 100)
    await client.closed
    clearInterval(pausing)
    expect(client.text().length).toBeGreaterThan(log.length)
  }, 60_000)
})

test.each(['TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'OPTIONS'])(
  '%s is no method for any path beside the protocol, and says so',
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
