import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { type Representation, select, sendBytes } from './ranges.ts'

const modifiedAt = new Date('2026-03-01T12:00:00.700Z')
const HTTP_DATE = 'Sun, 01 Mar 2026 12:00:00 GMT'
const about: Representation = { size: 100, modifiedAt, etag: '"abc"' }

const selected = (headers: Record<string, string>, of: Representation = about) => {
  const selection = select({ headers }, of)
  return 'start' in selection ? [selection.status, selection.start, selection.end] : [selection.status]
}

test.each([
  ['bytes=0-9', [206, 0, 10]],
  ['bytes=0-0', [206, 0, 1]],
  ['bytes=90-', [206, 90, 100]],
  ['bytes=-10', [206, 90, 100]],
  ['bytes=-1000', [206, 0, 100]],
  ['bytes=50-1000', [206, 50, 100]],
  ['Bytes=1-2', [206, 1, 3]],
  ['bytes=99-99', [206, 99, 100]],
  ['bytes=100-', [416]],
  ['bytes=100-200', [416]],
  ['bytes=-0', [416]],
  ['bytes=99999999999999999999-', [416]],
  // Not a range, several ranges, a range the wrong way round, another unit: answered as if without a range.
  ['bytes=', [200, 0, 100]],
  ['bytes=-', [200, 0, 100]],
  ['bytes=a-b', [200, 0, 100]],
  ['bytes=5-4', [200, 0, 100]],
  ['bytes=0-1,5-6', [200, 0, 100]],
  ['lines=0-1', [200, 0, 100]],
])('the range %s selects %j', (range, expected) => {
  expect(selected({ range })).toEqual(expected)
})

test('no range of an empty object can be sent', () => {
  expect(selected({ range: 'bytes=0-' }, { size: 0 })).toEqual([416])
  expect(selected({}, { size: 0 })).toEqual([200, 0, 0])
})

test('a range is sent only to a client that has the beginning of the same object', () => {
  const range = 'bytes=10-'
  expect(selected({ range, 'if-range': HTTP_DATE })).toEqual([206, 10, 100])
  expect(selected({ range, 'if-range': '"abc"' })).toEqual([206, 10, 100])
  expect(selected({ range, 'if-range': 'W/"abc"' })).toEqual([200, 0, 100])
  expect(selected({ range, 'if-range': '"other"' })).toEqual([200, 0, 100])
  expect(selected({ range, 'if-range': 'Sun, 01 Mar 2026 12:00:01 GMT' })).toEqual([200, 0, 100])
  expect(selected({ range, 'if-range': 'nonsense' })).toEqual([200, 0, 100])
})

test('a client that has the object already gets 304, by date or by tag', () => {
  expect(selected({ 'if-modified-since': HTTP_DATE })).toEqual([304])
  expect(selected({ 'if-modified-since': 'Sun, 01 Mar 2026 11:59:59 GMT' })).toEqual([200, 0, 100])
  expect(selected({ 'if-modified-since': 'nonsense' })).toEqual([200, 0, 100])
  expect(selected({ 'if-none-match': '"x", W/"abc"' })).toEqual([304])
  expect(selected({ 'if-none-match': '*' })).toEqual([304])
  // A tag that does not match outweighs any date.
  expect(selected({ 'if-none-match': '"x"', 'if-modified-since': HTTP_DATE })).toEqual([200, 0, 100])
  expect(selected({ 'if-modified-since': HTTP_DATE, range: 'bytes=0-1' })).toEqual([304])
})

test('owned chunks are freed once they are sent, and arrive whole however slowly they are read', async () => {
  const chunks = Array.from({ length: 100 }, (_, value) =>
    Buffer.allocUnsafeSlow(value < 50 ? 100 : 100_000).fill(value),
  )
  const whole = Buffer.concat(chunks)
  await using server = await serving(async (req, res) => {
    await sendBytes(req, res, { size: whole.length, owned: true }, async () => each(chunks))
  })
  const received: Buffer[] = []
  for await (const chunk of (await server.get()) as AsyncIterable<Buffer>) {
    received.push(chunk)
    await new Promise(setImmediate)
  }
  expect(Buffer.concat(received).equals(whole)).toBe(true)
  // The last ones may still have been unsent when the body ended.
  expect(chunks.filter(({ length }) => length > 0).length).toBeLessThan(10)
})

test('chunks that are not owned keep their memory', async () => {
  const chunks = [Buffer.allocUnsafeSlow(1_000).fill('a'), Buffer.allocUnsafeSlow(1_000).fill('b')]
  await using server = await serving(async (req, res) => {
    await sendBytes(req, res, { size: 2_000 }, async () => each(chunks))
  })
  const received = Buffer.concat(await Array.fromAsync((await server.get()) as AsyncIterable<Buffer>))
  expect(received.equals(Buffer.concat(chunks))).toBe(true)
})

test('sending ends when the client hangs up', async () => {
  const ended = Promise.withResolvers<unknown>()
  async function* endless() {
    for (;;) yield Buffer.allocUnsafeSlow(65_536)
  }
  await using server = await serving((req, res) => {
    const about = { size: Number.MAX_SAFE_INTEGER, owned: true }
    sendBytes(req, res, about, async () => endless()).then(ended.resolve, ended.resolve)
  })
  const answer = await server.get()
  answer.destroy()
  expect(await ended.promise).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function serving(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    async get(): Promise<IncomingMessage> {
      const [answer] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response')
      return answer
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
