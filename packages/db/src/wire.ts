import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/**
 * A connection between a client and its server that a test can damage in each of the ways a network does, and repair.
 */
export interface Wire extends AsyncDisposable {
  /** The server's address through the wire. */
  readonly url: string
  /** The number of open connections. */
  readonly connections: number
  /** Ends every connection and refuses new ones. */
  cut(): void
  /** Ends every connection; new ones work. */
  reset(): void
  /** Connections stay open, and new ones are accepted, but no bytes arrive any more in either direction. */
  hold(): void
  /** As `hold` for existing connections; new ones work. The old ones stay dead, even after `mend`. */
  swallow(): void
  mend(): void
}

interface Line {
  readonly near: Socket
  readonly far: Socket
  swallowed: boolean
}

/** @param url - the address of the real server; must name host and port. */
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
        // A silent connection hides its end from the other side, too.
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
      // Held connections lost bytes in the middle of an exchange, so they can only be closed.
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
