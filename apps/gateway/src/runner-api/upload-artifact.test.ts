import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Answer, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

const MIB = 1_048_576
const BOUNDARY = 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e'
const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

let gateway: TestGateway
let runner: { id: number; token: string }

beforeAll(async () => {
  gateway = await startTestGateway({ policy: { maxArtifactBytes: MIB } })
  runner = await gateway.register()
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function takeJob(definition: object = {}): Promise<{ id: number; token: string }> {
  await gateway.admin('mutation', 'jobs.create', { name: 'sample', definition: { script: ['true'], ...definition } })
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token })
  expect(status).toBe(201)
  return body as { id: number; token: string }
}

interface Part {
  readonly name?: string
  readonly filename?: string
  readonly headers?: readonly string[]
  readonly content?: string | Uint8Array
}

function multipart(...parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, filename, headers = [], content = 'hello' }) => {
    const disposition = [
      'form-data',
      ...(name === undefined ? [] : [`name="${name}"`]),
      ...(filename === undefined ? [] : [`filename="${filename}"`]),
    ].join('; ')
    const lines = [`--${BOUNDARY}`, `Content-Disposition: ${disposition}`, ...headers, '', '']
    return [Buffer.from(lines.join('\r\n')), Buffer.from(content as string), Buffer.from('\r\n')]
  })
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)])
}

const FILE: Part = { name: 'file', filename: 'artifacts.zip', headers: ['Content-Type: application/octet-stream'] }

function upload(
  job: { id: number; token: string },
  body: Uint8Array,
  { query = '', type = CONTENT_TYPE }: { query?: string; type?: string } = {},
): Promise<Answer> {
  const headers = { 'content-type': type, 'job-token': job.token, 'transfer-encoding': 'chunked' }
  return gateway.call('POST', `/api/v4/jobs/${job.id}/artifacts${query}`, { body, headers })
}

/** Returns what an upload left behind: rows, objects, and announced objects. */
async function leftovers(id: number) {
  const { artifacts, objects } = gateway.services
  const keys: string[] = []
  const strays = await artifacts.strays(new Date(Date.now() + 86_400_000), 1000)
  for await (const { key } of objects.list(`artifacts/${id}/`)) keys.push(key)
  return {
    records: (await artifacts.list(id)).map(({ type }) => type),
    objects: keys,
    strays: strays.filter((key) => key.startsWith(`artifacts/${id}/`)),
  }
}

const NOTHING = { records: [], objects: [], strays: [] }

describe('a form', () => {
  test('as a runner sends it is stored', async () => {
    const job = await takeJob()
    const answer = await upload(job, multipart(FILE), { query: '?artifact_format=zip&artifact_type=archive' })
    expect([answer.status, answer.text]).toEqual([201, '201'])
    expect(answer.headers['content-type']).toBe('application/json')
    expect(await gateway.services.artifacts.list(job.id)).toEqual([
      expect.objectContaining({
        type: 'archive',
        filename: 'artifacts.zip',
        size: 5,
        sha256: createHash('sha256').update('hello').digest('hex'),
      }),
    ])
  })

  test('that is cut off at any byte is answered with 400, and nothing of it is stored', async () => {
    const job = await takeJob()
    const whole = multipart({ name: 'ignored', content: 'x' }, FILE)
    // The line break after the last boundary is optional.
    for (let length = 0; length < whole.length - 2; length++) {
      const answer = await upload(job, whole.subarray(0, length))
      expect([length, answer.status, answer.text]).toEqual([length, 400, 'Bad Request'])
    }
    expect(await leftovers(job.id)).toEqual(NOTHING)
    expect((await upload(job, whole.subarray(0, whole.length - 2))).status).toBe(201)
  })

  test('that arrives byte by byte is the same form', async () => {
    const job = await takeJob()
    const socket = await open(job)
    for (const byte of multipart(FILE)) socket.write(`1\r\n${String.fromCharCode(byte)}\r\n`, 'latin1')
    socket.write('0\r\n\r\n')
    expect(await firstLine(socket)).toBe('HTTP/1.1 201 Created')
    socket.destroy()
  })

  test.each<[string, Uint8Array, string?]>([
    ['another boundary than declared', multipart(FILE), 'multipart/form-data; boundary=other'],
    ['no boundary', multipart(FILE), 'multipart/form-data'],
    ['an empty boundary', multipart(FILE), 'multipart/form-data; boundary='],
    ['a boundary that begins like its own', multipart(FILE), `${CONTENT_TYPE}00`],
    ['an empty body', Buffer.alloc(0)],
    ['a file field with another name', multipart({ ...FILE, name: 'other' })],
    ['the listing of its archive', multipart(FILE, { ...FILE, name: 'metadata' })],
    ['two files', multipart(FILE, FILE)],
    ['a file called .', multipart({ ...FILE, filename: '.' })],
    ['a file called ..', multipart({ ...FILE, filename: 'a/..' })],
    ['a file called /', multipart({ ...FILE, filename: '/' })],
    ['a NUL in the name of its file', multipart({ ...FILE, filename: 'a\0b' })],
    ['a file name that is too long', multipart({ ...FILE, filename: 'a'.repeat(2000) })],
    ['part headers that are too long', multipart({ ...FILE, headers: [`X-Filler: ${'a'.repeat(2 * MIB)}`] })],
    ['too many fields', multipart(...Array.from({ length: 2000 }, () => ({ name: 'a' })), FILE)],
    ['file.path among its fields', multipart({ name: 'file.path' }, FILE)],
    ['file.sha256 after its file', multipart(FILE, { name: 'file.sha256' })],
    ['file[size] among its fields', multipart({ name: 'file[size]' }, FILE)],
    ['metadata.path among its fields', multipart({ name: 'metadata.path' }, FILE)],
  ])('with %s is answered with 400, and nothing of it is stored', async (_, body, type = CONTENT_TYPE) => {
    const job = await takeJob()
    const answer = await upload(job, body, { type })
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([400, 'Bad Request', 'text/plain'])
    expect(await leftovers(job.id)).toEqual(NOTHING)
  })

  test.each([
    ['directories in the name of its file', multipart({ ...FILE, filename: '../../etc/x.zip' }), 'x.zip'],
    ['a name that is not safe', multipart({ ...FILE, filename: 'a b"$(é).zip'.replace('"', '\\"') }), /^a_b.*\.zip$/],
    ['unknown fields', multipart({ name: 'whatever' }, FILE, { name: 'more' }), 'artifacts.zip'],
    ['parts without a name', multipart({ filename: 'x' }, { content: 'y' }, FILE), 'artifacts.zip'],
    ['bytes before and after it', Buffer.from(`hi\r\n${multipart(FILE)}bye`), 'artifacts.zip'],
    ['a plain field called file beside the file', multipart({ name: 'file' }, FILE), 'artifacts.zip'],
    ['a token among its fields, which is ignored', multipart({ name: 'token' }, FILE), 'artifacts.zip'],
  ])('with %s is stored', async (_, body, filename) => {
    const job = await takeJob()
    expect((await upload(job, body)).status).toBe(201)
    const [stored] = await gateway.services.artifacts.list(job.id)
    expect(stored?.filename).toEqual(typeof filename === 'string' ? filename : expect.stringMatching(filename))
    expect(stored?.size).toBe(5)
  })

  test('may carry its parameters as fields before the file', async () => {
    const job = await takeJob()
    const body = multipart(
      { name: 'artifact_type', content: 'sast' },
      { name: 'artifact_format', content: 'raw' },
      { name: 'accessibility', content: 'private' },
      { name: 'expire_in', content: 'never' },
      FILE,
    )
    expect((await upload(job, body)).status).toBe(201)
    expect(await gateway.services.artifacts.list(job.id)).toEqual([
      expect.objectContaining({ type: 'sast', format: 'raw', accessibility: 'private', expireAt: null }),
    ])
  })

  const TYPE = { name: 'artifact_type', content: 'sast' }
  const FORMAT = { name: 'artifact_format', content: 'raw' }
  const EXPIRY = { name: 'expire_in', content: 'never' }
  const ACCESS = { name: 'accessibility', content: 'private' }

  test.each([
    ['after it', [FILE, TYPE, FORMAT, EXPIRY, ACCESS]],
    ['after it in another order', [FILE, ACCESS, EXPIRY, FORMAT, TYPE]],
    ['on both sides of it', [FORMAT, ACCESS, FILE, EXPIRY, TYPE]],
    ['after it again, which takes precedence', [{ ...TYPE, content: 'archive' }, FORMAT, FILE, TYPE, EXPIRY, ACCESS]],
  ])('may carry them %s', async (_, parts) => {
    const job = await takeJob()
    expect((await upload(job, multipart(...parts), { query: '?artifact_type=junit' })).status).toBe(201)
    expect(await gateway.services.artifacts.list(job.id)).toEqual([
      expect.objectContaining({ type: 'sast', format: 'raw', accessibility: 'private', expireAt: null }),
    ])
  })

  test('with a report type after the file is read as a report', async () => {
    const job = await takeJob()
    const report = { ...FILE, filename: 'build.env.gz', content: gzipSync('VERSION=1\n') }
    const body = multipart(
      report,
      { name: 'artifact_format', content: 'gzip' },
      { name: 'artifact_type', content: 'dotenv' },
    )
    expect((await upload(job, body)).status).toBe(201)
    expect(await gateway.services.artifacts.dotenv(job.id)).toEqual([
      expect.objectContaining({ key: 'VERSION', value: '1' }),
    ])
  })

  test.each<[string, Part, unknown]>([
    ['an unknown type', { ...TYPE, content: 'other' }, { error: 'artifact_type does not have a valid value' }],
    [
      'a type of another format',
      { ...TYPE, content: 'junit' },
      { message: expect.stringContaining('Invalid file format') },
    ],
    ['an unknown format', { ...FORMAT, content: 'rar' }, { error: 'artifact_format does not have a valid value' }],
    ['an unknown accessibility', { ...ACCESS, content: 'x' }, { error: 'accessibility does not have a valid value' }],
    ['a malformed expiry', { ...EXPIRY, content: 'x' }, { message: expect.stringContaining('expire_in') }],
    ['metadata', { name: 'metadata', content: 'x' }, { error: 'metadata is invalid' }],
  ])(
    'with %s after the file is answered with 400 and a message, and nothing of it is stored',
    async (_, field, expected) => {
      const job = await takeJob()
      const answer = await upload(job, multipart(FILE, field))
      expect([answer.status, answer.body]).toEqual([400, expected])
      expect(await leftovers(job.id)).toEqual(NOTHING)
    },
  )
})

describe('hanging up', () => {
  test.each([0, 10, 300])('after %i bytes leaves nothing behind', async (length) => {
    const job = await takeJob()
    const socket = await open(job)
    const body = multipart({ ...FILE, content: Buffer.alloc(200_000, 'x') }).subarray(0, length)
    if (length > 0) socket.write(`${length.toString(16)}\r\n${body}\r\n`)
    // After the pending writes, which still reach the server.
    socket.end(() => socket.destroy())
    await expect.poll(() => leftovers(job.id)).toEqual(NOTHING)
    expect((await upload(job, multipart(FILE))).status).toBe(201)
  })

  test('after the last boundary, but before the end of the request, leaves nothing either', async () => {
    const job = await takeJob()
    const socket = await open(job)
    const body = multipart(FILE)
    socket.write(`${body.length.toString(16)}\r\n${body}\r\n`)
    await expect.poll(async () => (await leftovers(job.id)).strays.length).toBe(1)
    socket.destroy()
    await expect.poll(() => leftovers(job.id)).toEqual(NOTHING)
  })
})

describe('an early refusal', () => {
  test.each([
    ['a wrong token', 'wrong', '', 403],
    ['an announced size', null, '?filesize=1048577', 413],
    ['a forged parameter', null, '?file.path=/etc/passwd', 400],
  ])(
    'for %s is received whole by a client that keeps sending, then the connection ends',
    async (_, token, query, status) => {
      const job = await takeJob()
      const socket = await open({ ...job, ...(token !== null && { token }) }, query)
      const answer = firstLine(socket)
      const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`
      for (let sent = 0; sent < 64; sent++) if (!socket.write(piece)) await once(socket, 'drain')
      expect(await answer).toContain(`HTTP/1.1 ${status} `)
      socket.write('0\r\n\r\n')
      await once(socket, 'close')
      expect(await leftovers(job.id)).toEqual(NOTHING)
    },
  )

  test('comes as soon as a file is too large, while it is still being sent', async () => {
    const job = await takeJob()
    const socket = await open(job)
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const answer = firstLine(socket)
    const head = multipart(FILE).toString().split('hello')[0] ?? ''
    socket.write(`${head.length.toString(16)}\r\n${head}\r\n`)
    for (let sent = 0; sent < 32; sent++) socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`)
    expect(await answer).toBe('HTTP/1.1 413 Payload Too Large')
    for (let sent = 0; sent < 32; sent++) socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`)
    socket.write('0\r\n\r\n')
    // No timer of the gateway fires, so only the end of the body can end the connection.
    await once(socket, 'close')
    vi.useRealTimers()
    await expect.poll(() => leftovers(job.id)).toEqual(NOTHING)
  })

  test('announces the end of the connection, and cuts off a sender that never stops', async () => {
    const job = await takeJob()
    const socket = await open({ ...job, token: 'wrong' })
    let received = ''
    socket.on('data', (chunk) => {
      received += String(chunk)
    })
    const piece = `100000\r\n${'x'.repeat(MIB)}\r\n`
    let isOpen = true
    socket.on('error', () => {})
    socket.on('close', () => {
      isOpen = false
    })
    let sent = 0
    const drained = () => Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
    for (; isOpen && sent < 2000; sent++) if (!socket.write(piece)) await drained()
    expect(isOpen).toBe(false)
    expect(received).toMatch(/^HTTP\/1.1 403 [\s\S]*Connection: close[\s\S]*\{"message":"403 Forbidden"\}$/)
  })
})

test('a file of exactly the largest size is stored, one byte more is answered with 413', async () => {
  const job = await takeJob()
  const tooLarge = await upload(job, multipart({ ...FILE, content: Buffer.alloc(MIB + 1) }))
  expect([tooLarge.status, tooLarge.body]).toEqual([413, { message: 'file size has reached maximum size limit' }])
  expect(await leftovers(job.id)).toEqual(NOTHING)
  expect((await upload(job, multipart({ ...FILE, content: Buffer.alloc(MIB) }))).status).toBe(201)
})

test('an upload whose job ends meanwhile is answered with 403, and nothing is stored', async () => {
  const job = await takeJob()
  const socket = await open(job)
  const body = multipart(FILE)
  socket.write(`${body.length.toString(16)}\r\n${body}\r\n`)
  await expect.poll(async () => (await leftovers(job.id)).strays.length).toBe(1)
  await gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: job.token, state: 'success' } })
  const answer = firstLine(socket)
  socket.write('0\r\n\r\n')
  expect(await answer).toBe('HTTP/1.1 403 Forbidden')
  expect(await leftovers(job.id)).toEqual(NOTHING)
  socket.destroy()
})

test('uploads and their bytes are counted', async () => {
  const job = await takeJob()
  const read = async () => {
    const { text } = await gateway.call('GET', '/metrics')
    const value = (name: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      )
    return [
      value('yardmaster_artifact_uploads_total{status="201"}'),
      value('yardmaster_artifact_uploads_total{status="400"}') || 0,
      value('yardmaster_artifact_bytes_total'),
    ] as const
  }
  const [stored = 0, refused = 0, bytes = 0] = await read()
  await upload(job, multipart(FILE))
  await upload(job, multipart(FILE))
  await upload(job, multipart())
  expect(await read()).toEqual([stored + 2, refused + 1, bytes + 5])
})

/** Opens a chunked upload without sending its body. */
async function open({ id, token }: { id: number; token: string }, query = ''): Promise<Socket> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1').setMaxListeners(0)
  await once(socket, 'connect')
  const head = [
    `POST /api/v4/jobs/${id}/artifacts${query} HTTP/1.1`,
    'Host: yardmaster',
    `JOB-TOKEN: ${token}`,
    `Content-Type: ${CONTENT_TYPE}`,
    'Transfer-Encoding: chunked',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  return socket
}

async function firstLine(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, 'data')
  return String(chunk).split('\r\n')[0] ?? ''
}
