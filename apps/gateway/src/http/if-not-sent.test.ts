import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ifNotSent } from './if-not-sent.ts'

/** More than the operating system keeps for a client that does not read. */
const MUCH = Buffer.alloc(64 * 1_048_576)

const server = createServer()
let client: Socket
let res: ServerResponse
let calls: number

beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  ;[, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  calls = 0
})
afterEach(async () => {
  client.destroy()
  server.close()
  await once(server, 'close')
})

const note = (): void => {
  calls += 1
}

async function leave(): Promise<void> {
  const closed = once(res, 'close')
  client.destroy()
  await closed
}

it('calls back when the client has gone before the answer', async () => {
  await leave()
  res.end('x')
  ifNotSent(res, note)
  expect(calls).toBe(1)
})

it('calls back when the client goes in the middle of the answer', async () => {
  res.end(MUCH)
  ifNotSent(res, note)
  expect(calls).toBe(0)
  await leave()
  expect(calls).toBe(1)
})

it('does not call back when the operating system has the whole answer', async () => {
  res.end('x')
  ifNotSent(res, note)
  if (!res.closed) await once(res, 'close')
  expect(calls).toBe(0)
})
