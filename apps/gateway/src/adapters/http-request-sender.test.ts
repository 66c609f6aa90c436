import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { HttpRequestSender } from './http-request-sender.ts'

/** Returns what is kept of a receiver's answer. */
async function answeredBy(answer: (res: ServerResponse) => Promise<void> | void): Promise<string> {
  const server = createServer((_req, res) => void answer(res))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await using sender = new HttpRequestSender({ timeoutMs: 60_000 })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    return (await sender.send({ url, headers: {}, body: '{}' })).body
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** Writes until the other side closes. */
async function writeForEver(res: ServerResponse, piece: string): Promise<void> {
  while (!res.closed) {
    res.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it.each([
  ['chunks of one byte', 'a', 'a'.repeat(1024)],
  ['large chunks', 'b'.repeat(100_000), 'b'.repeat(1024)],
  ['chunks that do not fit', 'c'.repeat(1000), 'c'.repeat(1024)],
])(
  'keeps the first KiB of an answer without end: %s',
  async (_, piece, kept) => {
    expect(await answeredBy((res) => writeForEver(res, piece))).toBe(kept)
  },
  60_000,
)

it('keeps a short answer whole, and nothing of an empty one', async () => {
  expect(await answeredBy((res) => void res.end('Grüße'))).toBe('Grüße')
  expect(await answeredBy((res) => void res.end())).toBe('')
})
