import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A wire between a client and its server that a test can damage in each of the ways a network does, and mend. */
export interface Wire extends AsyncDisposable {
  /** The server's address, by way of the wire. */
  readonly url: string
  /** Connections that are open now. */
  readonly connections: number
  /** Ends every connection and refuses new ones. */
  cut(): void
  /** Ends every connection; new ones pass. */
  reset(): void
  /** Connections stay, and new ones are accepted, but nothing arrives any more in either direction. */
  hold(): void
  /** As `hold` for the connections there are; new ones pass. The old ones stay dead, also after `mend`. */
  swallow(): void
  mend(): void
}

interface Line {
  readonly near: Socket
  readonly far: Socket
  swallowed: boolean
}

/** @param url - of the real server; must name host and port. */
export async function openWire(url: string): Promise<Wire> {
  const target = new URL(url)
  const lines = new Set<Line>()
  let state: 'whole' | 'cut' | 'held' = 'whole'

  const server = createServer((near) => {
    if (state === 'cut') return void near.resetAndDestroy()
    const far = connect(Number(target.port), target.hostname)
    const line: Line = { near, far, swallowed: false }
    lines.add(line)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => {
        if (state === 'whole' && !line.swallowed) to.write(bytes)
      })
      from.on('error', () => {})
      from.on('close', () => {
        // What swallows a connection hides its end from the other side, too.
        if (line.swallowed && from === near) return void lines.delete(line)
        lines.delete(line)
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

  const hidden = new Set<Socket>()
  const drop = () => {
    for (const { near, far } of lines) {
      near.resetAndDestroy()
      far.destroy()
    }
  }
  return {
    url: through.href,
    get connections() {
      return lines.size
    },
    cut() {
      state = 'cut'
      drop()
    },
    reset: drop,
    hold() {
      state = 'held'
    },
    swallow() {
      for (const line of lines) {
        line.swallowed = true
        hidden.add(line.far)
      }
    },
    mend() {
      // What was held lost bytes in the middle of a conversation: it can only end.
      if (state === 'held') drop()
      state = 'whole'
    },
    async [Symbol.asyncDispose]() {
      drop()
      for (const socket of hidden) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
