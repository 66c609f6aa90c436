import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

const MIB = 1_048_576
const ANNOUNCED = 24 * MIB
const PIECE = Buffer.alloc(MIB, 'x')

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ limits: { droppingMs: 600_000 } })
})
afterAll(() => gateway[Symbol.asyncDispose]())

// A connection that is closed while its client sends is reset: many clients then report the reset and not the answer.
test.each([
  ['/trpc/settings.update', 'has more than 1 MiB'],
  ['/trpc/jobs.createMany', 'has more than 4 MiB'],
  ['/api/v4/jobs/request', 'Request Entity Too Large'],
  ['/api/v4/runners', 'Request Entity Too Large'],
  ['/api/v4/jobs/1/artifacts/authorize', 'Request Entity Too Large'],
])('a body that is too large for %s is refused at once, and its sender may send the rest', async (path, words) => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  let answer = ''
  const errors: unknown[] = []
  socket.on('error', (error) => errors.push(error))
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text
  })
  const ended = once(socket, 'end')
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${ANNOUNCED}\r\n\r\n"`,
  )
  socket.write(PIECE)
  await expect.poll(() => answer).toContain(words)
  for (let sent = MIB + 1; sent < ANNOUNCED; sent += MIB) {
    if (!socket.write(PIECE.subarray(0, ANNOUNCED - sent))) await once(socket, 'drain')
  }
  await ended
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  expect(errors).toEqual([])
})

test('the connection of a refused sender that sends no more is cut after the time for the rest', async () => {
  const address = await gateway.openWith({ droppingMs: 10 })
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text
  })
  const ended = once(socket, 'end')
  socket.write(`POST /api/v4/runners HTTP/1.1\r\nHost: x\r\nContent-Length: ${ANNOUNCED}\r\n\r\n"`)
  await ended
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
})
