import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What happens to bytes: `pass` forwards them; `refuse` closes each new connection at once; `swallow` accepts new
 * connections and sends nothing; `swallow answers` forwards the client's bytes and drops the server's.
 */
export type Mode = 'pass' | 'refuse' | 'swallow' | 'swallow answers'

/** By then a server must have noticed that a silent client is gone. Ours does so sooner than TCP keep-alive alone. */
const SERVER_NOTICES_MS = 60_000

/** A proxy for one server, or several in turn, that can treat connections as a bad network does. */
export class FaultProxy {
  readonly port: number
  mode: Mode = 'pass'
  readonly #server: Server
  readonly #links = new Set<Link>()

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  /** @param targets - called for each connection; returns ports to try in order. */
  static async start(targets: () => readonly number[]): Promise<FaultProxy> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const proxy = new FaultProxy(server)
    server.on('connection', (client) => proxy.#accept(client, targets()))
    return proxy
  }

  /** Resets all connections. */
  reset(): void {
    for (const link of this.#links) link.reset()
  }

  /** Silences the current connections for good, in both directions or towards the client. Neither end is notified. */
  silence(what: 'both' | 'answers' = 'both'): void {
    for (const link of this.#links) link.silence(what)
  }

  async stop(): Promise<void> {
    this.reset()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(client: Socket, targets: readonly number[]): void {
    if (this.mode === 'refuse') {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const link = new Link(client, () => this.#links.delete(link))
    this.#links.add(link)
    if (this.mode === 'swallow') link.silence('both')
    else link.open(targets)
    if (this.mode === 'swallow answers') link.silence('answers')
  }
}

/** A client and its connection to a server. */
class Link {
  readonly #client: Socket
  readonly #gone: () => void
  #server: Socket | null = null
  #silent: 'both' | 'answers' | null = null

  constructor(client: Socket, gone: () => void) {
    this.#client = client
    this.#gone = gone
    client.setNoDelay(true)
    client.on('error', () => undefined)
    client.pause()
    client.on('close', () => this.#closed(this.#server))
  }

  /** Connects to the first of these ports that answers. */
  open([port, ...others]: readonly number[]): void {
    if (port === undefined) {
      this.reset()
      return
    }
    const server = connect(port, '127.0.0.1')
    this.#server = server
    server.setNoDelay(true)
    let connected = false
    server.on('error', () => {
      if (!connected && !this.#client.destroyed) this.open(others)
    })
    server.once('connect', () => {
      connected = true
      forward(this.#client, server, () => this.#silent === 'both')
      forward(server, this.#client, () => this.#silent !== null)
      server.on('close', () => this.#closed(this.#client))
      this.#client.resume()
    })
  }

  silence(what: 'both' | 'answers'): void {
    this.#silent = this.#silent === 'both' ? 'both' : what
    if (what !== 'both') return
    this.#client.resume()
    setTimeout(() => this.#server?.destroy(), SERVER_NOTICES_MS).unref()
  }

  reset(): void {
    this.#silent = null
    this.#client.resetAndDestroy()
    this.#server?.resetAndDestroy()
    this.#gone()
  }

  /** One end has closed. Closes the other end as well, unless the fault hides it. */
  #closed(other: Socket | null): void {
    if (this.#silent === null) other?.destroySoon()
    if (this.#client.destroyed && (this.#server?.destroyed ?? true)) this.#gone()
  }
}

function forward(from: Socket, to: Socket, silent: () => boolean): void {
  from.on('data', (bytes) => {
    if (silent() || to.destroyed || to.write(bytes)) return
    from.pause()
    to.once('drain', () => from.resume())
  })
  from.on('end', () => {
    if (!silent()) to.end()
  })
}
