import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { RemoteAnswer } from '@yardmaster/ci-config'
import { describe, expect, it } from 'vitest'
import { RemoteFiles } from './remote-files.ts'

type Handler = (req: IncomingMessage, res: ServerResponse) => void

/** Serves requests while the task runs, which gets the address of the server. */
async function serving<T>(handler: Handler, task: (address: string) => Promise<T>): Promise<T> {
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await task(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const everywhere = () => new RemoteFiles({ denied: [], pausesMs: [1, 1] })

const signal = () => new AbortController().signal

/** Returns the text of an answer, or what failed. */
const shown = (answer: RemoteAnswer): unknown => ('bytes' in answer ? new TextDecoder().decode(answer.bytes) : answer)

/** Returns what becomes of one file, and how often the server was asked. */
async function fetched(handler: Handler, path = '/ci.yml'): Promise<{ answer: unknown; requests: number }> {
  let requests = 0
  return await serving(
    (req, res) => {
      requests += 1
      handler(req, res)
    },
    async (address) => {
      await using files = everywhere()
      return { answer: shown(await files.fetch({ address: address + path, cacheSeconds: null }, signal())), requests }
    },
  )
}

describe('a file at an address', () => {
  it('is fetched without credentials', async () => {
    const sent: unknown[] = []
    const { answer } = await fetched((req, res) => {
      sent.push(req.method, req.url, req.headers.cookie, req.headers.authorization)
      res.end('a: { script: x }')
    })
    expect(answer).toBe('a: { script: x }')
    expect(sent).toEqual(['GET', '/ci.yml', undefined, undefined])
  })

  it('is followed to where it has moved, but not in circles', async () => {
    const moved = await fetched((req, res) => {
      if (req.url === '/new.yml') res.end('found')
      else res.writeHead(302, { Location: '/new.yml' }).end()
    })
    expect(moved).toEqual({ answer: 'found', requests: 2 })
    const { answer } = await fetched((_, res) => void res.writeHead(302, { Location: '/ci.yml' }).end())
    expect(answer).toEqual({ failed: 'http' })
  })

  it.each([404, 401, 429])('is not asked for again after the answer %d', async (status) => {
    expect(await fetched((_, res) => void res.writeHead(status).end('no'))).toEqual({
      answer: { failed: 'status', status, attempts: 1 },
      requests: 1,
    })
  })

  it('is asked for three times when the server fails', async () => {
    expect(await fetched((_, res) => void res.writeHead(503).end())).toEqual({
      answer: { failed: 'status', status: 503, attempts: 3 },
      requests: 3,
    })
    expect(await fetched((req) => req.socket.destroy())).toEqual({ answer: { failed: 'socket' }, requests: 3 })
  })

  it('is found by a later attempt', async () => {
    let first = true
    const { answer } = await fetched((_, res) => {
      res.writeHead(first ? 500 : 200).end('there')
      first = false
    })
    expect(answer).toBe('there')
  })

  it('is failed by an answer that is not HTTP, by an unknown scheme, and by credentials', async () => {
    const { answer } = await fetched((_, res) => void res.socket?.end('what?\r\n\r\n'))
    expect(answer).toEqual({ failed: 'http' })
    await using files = everywhere()
    for (const address of ['ftp://127.0.0.1/ci.yml', 'http://user:secret@127.0.0.1/ci.yml', 'no address']) {
      expect(await files.fetch({ address, cacheSeconds: null }, signal())).toEqual({ failed: 'http' })
    }
  })

  it.each([
    ['without end', (res: ServerResponse) => void writeForEver(res)],
    [
      'that is small only while it is packed',
      (res: ServerResponse) => void res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(BOMB),
    ],
  ])('%s is received up to the largest text that a configuration may have, and a byte more', async (_, write) => {
    const { answer } = await fetched((__, res) => write(res))
    expect(answer).toHaveLength(2_097_153)
  })

  it('is not waited for after the caller has stopped', async () => {
    await serving(
      () => {},
      async (address) => {
        await using files = everywhere()
        const stop = new AbortController()
        const waiting = files.fetch({ address, cacheSeconds: null }, stop.signal)
        stop.abort(new Error('the time is over'))
        await expect(waiting).rejects.toThrow('the time is over')
      },
    )
  })
})

const BOMB = gzipSync(Buffer.alloc(50_000_000, ' '))

async function writeForEver(res: ServerResponse): Promise<void> {
  while (!res.closed) {
    res.write('#'.repeat(50_000))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('the addresses', () => {
  it.each([
    'http://127.0.0.1:8099/ci.yml',
    'http://localhost:8099/ci.yml',
    'http://10.1.2.3/ci.yml',
    'http://[::1]:8099/',
    'http://[::ffff:192.168.0.1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://2130706433:8099/',
  ])('%s is refused, because it is not public', async (address) => {
    await using files = new RemoteFiles()
    const answer = await files.fetch({ address, cacheSeconds: null }, signal())
    expect(answer).toEqual({
      failed: 'refused',
      reason: expect.stringMatching(/^INCLUDE_DENY forbids the address of /),
    })
  })

  it('of a redirect are checked like the first one', async () => {
    const answer = await serving(
      (_, res) => void res.writeHead(302, { Location: 'http://[::1]:8099/ci.yml' }).end(),
      async (address) => {
        await using files = new RemoteFiles({ denied: ['::1/128'] })
        return await files.fetch({ address, cacheSeconds: null }, signal())
      },
    )
    expect(answer).toEqual({ failed: 'refused', reason: 'INCLUDE_DENY forbids the address of ::1' })
  })
})

describe('what is kept of files', () => {
  it('is used as long as the include allows, and only when it asks for it', async () => {
    let requests = 0
    await serving(
      (_, res) => void res.end(`version ${++requests}`),
      async (address) => {
        await using files = everywhere()
        const read = async (cacheSeconds: number | null) =>
          shown(await files.fetch({ address, cacheSeconds }, signal()))
        expect(await read(null)).toBe('version 1')
        expect(await read(3600)).toBe('version 2')
        expect(await read(3600)).toBe('version 2')
        expect(await read(null)).toBe('version 3')
        expect(await read(0)).toBe('version 4')
        expect(await read(3600)).toBe('version 4')
      },
    )
  })

  it('is bounded: the oldest files go first', async () => {
    const asked: string[] = []
    await serving(
      (req, res) => {
        asked.push(String(req.url))
        res.end('#'.repeat(2_000_000))
      },
      async (address) => {
        await using files = everywhere()
        const read = (path: string) => files.fetch({ address: address + path, cacheSeconds: 3600 }, signal())
        for (let index = 0; index < 10; index++) await read(`/${index}`)
        asked.length = 0
        await read('/9')
        await read('/0')
        expect(asked).toEqual(['/0'])
      },
    )
  })
})
