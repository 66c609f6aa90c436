import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { percentile, type Round } from './rounds.ts'

/** The requests that each connection of a load sends, one after the other. */
export interface Exchange {
  /** Returns the whole next request of a connection: head and body (`request`). */
  next(connection: number): Buffer
  /** The expected status; any other one ends the round with an error. */
  readonly expected: number
  answered?(connection: number, body: Buffer): void
}

/** The round whose figure is the rate of answers. */
export const rate = ({ perSecond, operations }: Answers): Round => ({ figure: perSecond, operations })

export type Until = { readonly ms: number } | { readonly requests: number }

/** The answers that a load got. */
export interface Answers {
  readonly operations: number
  readonly perSecond: number
  /** The median time from a request to its answer, in milliseconds. */
  readonly p50: number
}

/** @param delays - the time that each took, in milliseconds, all of them together `ms`. */
export const answersOf = (delays: readonly number[], ms: number): Answers => ({
  operations: delays.length,
  perSecond: delays.length / (ms / 1000),
  p50: percentile(delays, 0.5),
})

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

  async run(exchange: Exchange, until: Until): Promise<Answers> {
    const delays: number[] = []
    const begun = performance.now()
    let sent = 0
    const more = 'ms' in until ? () => performance.now() - begun < until.ms : () => sent < until.requests
    await Promise.all(
      this.#connections.map(async (connection, index) => {
        while (more()) {
          sent += 1
          const sentAt = performance.now()
          const { status, body } = await connection.exchange(exchange.next(index))
          if (status !== exchange.expected) throw new Error(`${status} instead of ${exchange.expected}: ${body}`)
          delays.push(performance.now() - sentAt)
          exchange.answered?.(index, body)
        }
      }),
    )
    return answersOf(delays, performance.now() - begun)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close()
  }
}

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

const LAST_CHUNK = '\r\n0\r\n\r\n'

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
    const waiting = Promise.withResolvers<Answer>()
    if (this.#socket.destroyed) waiting.reject(new Error('the server has closed the idle connection'))
    this.#waiting = waiting
    this.#socket.write(bytes)
    return waiting.promise
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
    const end = this.#endOf(head, headEnd + 4)
    if (this.#received.length < end) return
    const body = this.#received.subarray(headEnd + 4, end)
    this.#received = this.#received.subarray(end)
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.resolve({ status: Number(head.slice(9, 12)), body })
  }

  /** Returns where the answer ends, as far as is known yet. Chunks are not taken apart: no row reads such a body. */
  #endOf(head: string, bodyStart: number): number {
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      const isWhole = this.#received.subarray(bodyStart).toString('latin1').endsWith(LAST_CHUNK)
      return isWhole ? this.#received.length : Number.POSITIVE_INFINITY
    }
    return bodyStart + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  }
}
