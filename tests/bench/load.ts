import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** The requests that each connection of a load sends, one after the other. */
export interface Exchange {
  /** Returns the whole next request of a connection: head and body (`request`). */
  next(connection: number): Buffer
  /** The expected status; any other one ends the round with an error. */
  readonly expected: number
  answered?(connection: number, body: Buffer): void
}

export type Until = { readonly ms: number } | { readonly requests: number }

/** Returns the bytes of an HTTP request over a kept connection. */
export function request(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body as string)])
}

/**
 * A fixed number of kept connections to one server, each with one request under way. It understands just enough HTTP to
 * separate answers, because on a machine with few cores every microsecond it uses is taken from the server.
 */
export class Load implements AsyncDisposable {
  readonly #connections: Connection[]

  private constructor(connections: Connection[]) {
    this.#connections = connections
  }

  static async open(url: string, connections: number): Promise<Load> {
    const { hostname, port } = new URL(url)
    return new Load(
      await Promise.all(Array.from({ length: connections }, () => Connection.open(hostname, Number(port)))),
    )
  }

  /** @returns answers per second. */
  async run(exchange: Exchange, until: Until): Promise<number> {
    const begun = performance.now()
    let sent = 0
    let answered = 0
    const more = 'ms' in until ? () => performance.now() - begun < until.ms : () => sent < until.requests
    await Promise.all(
      this.#connections.map(async (connection, index) => {
        while (more()) {
          sent += 1
          const { status, body } = await connection.exchange(exchange.next(index))
          if (status !== exchange.expected) throw new Error(`${status} instead of ${exchange.expected}: ${body}`)
          exchange.answered?.(index, body)
          answered += 1
        }
      }),
    )
    return answered / ((performance.now() - begun) / 1000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close()
  }
}

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** A kept connection. */
export class Connection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: PromiseWithResolvers<Answer> | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
  }

  static async open(host: string, port: number): Promise<Connection> {
    const socket = connect(port, host)
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Sends a request and waits for its answer. One at a time. */
  exchange(bytes: Buffer): Promise<Answer> {
    this.#waiting = Promise.withResolvers()
    this.#socket.write(bytes)
    return this.#waiting.promise
  }

  close(): void {
    this.#waiting = null
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#received.toString('latin1', 0, headEnd)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    const end = headEnd + 4 + length
    if (this.#received.length < end) return
    const body = this.#received.subarray(headEnd + 4, end)
    this.#received = this.#received.subarray(end)
    const waiting = this.#waiting
    this.#waiting = null
    if (/\r\ntransfer-encoding:/i.test(head)) waiting?.reject(new Error('an answer of unknown length'))
    else waiting?.resolve({ status: Number(head.slice(9, 12)), body })
  }
}
