import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { followTrace } from './trace-events.ts'

const LOG = Array.from({ length: 40 }, (_, at) => `line ${at} é\n`).join('')
const BYTES = Buffer.from(LOG)

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function connect(answer: RequestListener, signal = new AbortController().signal) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, token: 't', timeoutMs: 60_000, signal }
}

const fromOf = (url = ''): number => {
  const input = JSON.parse(new URL(url, 'http://x').searchParams.get('input') ?? '{}') as { from: number }
  return input.from
}

const open = (response: ServerResponse) => response.writeHead(200, { 'Content-Type': 'text/event-stream' })

/** Writes the log's next characters as an event. Returns the offset behind it. */
function sendSome(response: ServerResponse, from: number, characters: number): number {
  const text = BYTES.subarray(from).toString().slice(0, characters)
  const to = from + Buffer.byteLength(text)
  const complete = to === BYTES.length
  const event = { from, text, size: BYTES.length, status: complete ? 'failed' : 'running', complete }
  response.write(`event: ping\ndata: \n\nid: ${to}\ndata: ${JSON.stringify(event)}\n\n`)
  return to
}

async function follow(connection: Awaited<ReturnType<typeof connect>>, options = {}) {
  let text = ''
  let lost = 0
  let status = ''
  const events = followTrace(connection, 7, { onLost: () => lost++, waitsMs: [1, 5], ...options })
  for await (const event of events) {
    text += event.text
    status = event.status
  }
  return { text, lost, status }
}

describe('following a log', () => {
  it('goes on at the next byte wherever the connection breaks', async () => {
    let requests = 0
    const connection = await connect((request, response) => {
      requests += 1
      if (requests % 4 === 2) return response.writeHead(503).end()
      open(response)
      const to = sendSome(response, fromOf(request.url), 17)
      // Half an event is dropped with its connection.
      response.write(`id: ${to + 3}\ndata: {"from": ${to}, "te`, () =>
        requests % 4 === 3 ? response.end() : response.destroy(),
      )
      return undefined
    })
    const { text, status, lost } = await follow(connection)
    expect(text).toBe(LOG)
    expect(status).toBe('failed')
    expect(lost).toBeGreaterThan(10)
  })

  it('asks again when events are missing or repeated', async () => {
    let requests = 0
    const connection = await connect((request, response) => {
      requests += 1
      open(response)
      const from = fromOf(request.url)
      const to = sendSome(response, from, 30)
      if (to === BYTES.length) return response.end()
      sendSome(response, requests % 2 ? from : Math.min(to + 11, BYTES.length - 11), 20)
      return response.end()
    })
    expect((await follow(connection)).text).toBe(LOG)
  })

  it('takes a silent connection for a broken one', async () => {
    const connection = await connect((request, response) => {
      open(response)
      sendSome(response, fromOf(request.url), 200)
    })
    expect((await follow(connection, { silenceMs: 50 })).text).toBe(LOG)
  })

  it('gives up when the server stays away, at once when it never was there', async () => {
    let requests = 0
    const connection = await connect((request, response) => {
      requests += 1
      if (requests > 1) return response.writeHead(502).end()
      open(response)
      sendSome(response, fromOf(request.url), 10)
      return response.end()
    })
    await expect(follow(connection, { giveUpMs: 30 })).rejects.toMatchObject({ status: 2 })
    expect(requests).toBeGreaterThan(1)
    await expect(follow({ ...connection, url: 'http://127.0.0.1:1' })).rejects.toThrow('cannot be reached')
  })

  it.each<[string, RequestListener]>([
    ['an event that is no JSON', (_, response) => open(response).end('id: 1\ndata: {\n\n')],
    ['an event of another form', (_, response) => open(response).end('id: 1\ndata: {"from": "x"}\n\n')],
    ['an event without an offset', (_, response) => open(response).end('data: {"from": 0}\n\n')],
    ['an event without an end', (_, response) => open(response).end('x'.repeat(5 * 1_048_576))],
    ['a page', (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>')],
    [
      'a refusal',
      (_, response) =>
        open(response).end('event: serialized-error\ndata: {"message": "no", "data": {"httpStatus": 404}}\n\n'),
    ],
    [
      'a refusal before the stream',
      (_, response) =>
        response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"error":{"message":"x","code":1}}'),
    ],
  ])('ends with 2 at %s', async (_, answer) => {
    await expect(follow(await connect(answer))).rejects.toMatchObject({ name: 'Failure', status: 2 })
  })

  it('ends at once when the user interrupts it', async () => {
    const stop = new AbortController()
    const connection = await connect((request, response) => {
      open(response)
      sendSome(response, fromOf(request.url), 10)
      stop.abort()
    }, stop.signal)
    await expect(follow(connection)).rejects.toMatchObject({ status: 130 })
  })
})
