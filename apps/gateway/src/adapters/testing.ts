import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A database of its own on the Redis in `TEST_REDIS_URL`, so that test files don't meet; empty if there is no Redis. */
export function redisDatabase(number: number): string {
  const server = process.env.TEST_REDIS_URL
  if (!server) return ''
  const url = new URL(server)
  url.pathname = `/${number}`
  return url.href
}

/** A wire between an adapter and its server that a test can cut, hold and mend. */
export interface Wire extends AsyncDisposable {
  /** The server's address, by way of the wire. */
  readonly url: string
  /** Ends every connection and refuses new ones. */
  cut(): void
  /** Connections stay, but nothing arrives any more in either direction. */
  hold(): void
  mend(): void
}

/** @param url - of the real server; must name host and port. */
export async function openWire(url: string): Promise<Wire> {
  const target = new URL(url)
  const ends = new Set<Socket>()
  let state: 'whole' | 'cut' | 'held' = 'whole'

  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy()
    const far = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from)
      from.on('data', (bytes) => {
        if (state === 'whole') to.write(bytes)
      })
      from.on('error', () => {})
      from.on('close', () => {
        ends.delete(from)
        to.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = typeof address === 'object' && address ? String(address.port) : ''

  const drop = () => {
    for (const end of ends) end.destroy()
  }
  return {
    url: through.href,
    cut() {
      state = 'cut'
      drop()
    },
    hold() {
      state = 'held'
    },
    mend() {
      // What was held lost bytes in the middle of a conversation: it can only end.
      if (state === 'held') drop()
      state = 'whole'
    },
    async [Symbol.asyncDispose]() {
      drop()
      server.close()
      await once(server, 'close')
    },
  }
}
