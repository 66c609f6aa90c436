import { connect, type Socket } from 'node:net'

/** How an exchange ended. */
export type Outcome = { readonly status: number; readonly text: string } | 'closed' | 'silent'

const ANSWER_MS = 30_000
const KEPT_BYTES = 65_536
const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')

/** A sequence of connections to the gateway: each is used until a request leaves its state in doubt. */
export class Connection {
  readonly #port: number
  #socket: Socket | null = null

  constructor(port: number) {
    this.#port = port
  }

  /** Sends bytes and reads the answer. With `cut` the sender closes the connection after them. */
  async exchange(bytes: Buffer, { cut, endless }: { cut: boolean; endless: boolean }): Promise<Outcome> {
    const socket = this.#socket ?? this.#open()
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const answer = new Answer(bytes.toString('latin1', 0, 5) === 'HEAD ')
    const onData = (chunk: Buffer): void => {
      answer.add(chunk)
      // Does not wait for the events of a subscription after its head.
      if (endless && answer.hasHead) resolve(answer.outcome)
      if (!cut && !endless && answer.isWhole) resolve(answer.outcome)
    }
    const onClose = (): void => resolve(answer.outcome)
    const late = setTimeout(() => resolve('silent'), ANSWER_MS)
    socket.on('data', onData).on('close', onClose)
    socket.write(bytes)
    if (cut) socket.end()
    const outcome = await promise
    clearTimeout(late)
    socket.off('data', onData).off('close', onClose)
    if (cut || endless || outcome === 'silent' || outcome === 'closed' || !mayGoOn(bytes, answer.head)) this.close()
    return outcome
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    // An error is followed by `close`.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null
    })
    this.#socket = socket
    return socket
  }
}

/** The received part of an answer, of which only the beginning is kept. */
class Answer {
  readonly #bodiless: boolean
  #kept = Buffer.alloc(0)
  /** The last bytes, to detect the end of a chunked body. */
  #tail = Buffer.alloc(0)
  #length = 0

  constructor(bodiless: boolean) {
    this.#bodiless = bodiless
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-LAST_CHUNK.length)
    if (this.#kept.length < KEPT_BYTES) this.#kept = Buffer.concat([this.#kept, chunk])
    while (/^HTTP\/1\.1 100/.test(this.#kept.toString('latin1', 0, 12)) && this.hasHead) {
      const interim = this.#endOfHead + HEAD_END.length
      this.#length -= interim
      this.#kept = this.#kept.subarray(interim)
    }
  }

  get #endOfHead(): number {
    return this.#kept.indexOf(HEAD_END)
  }

  get hasHead(): boolean {
    return this.#endOfHead !== -1
  }

  /** The head in lower case; empty before it is complete. */
  get head(): string {
    return this.#kept.toString('latin1', 0, Math.max(0, this.#endOfHead)).toLowerCase()
  }

  /** Whether it was read to its end. Always false for an answer that ends with its connection. */
  get isWhole(): boolean {
    if (!this.hasHead) return false
    const { head } = this
    if (this.#bodiless || /^http\/1\.1 (?:204|304)/.test(head)) return true
    if (head.includes('transfer-encoding: chunked')) return this.#tail.equals(LAST_CHUNK)
    const length = /content-length: (\d+)/.exec(head)?.[1]
    return length !== undefined && this.#length >= this.#endOfHead + HEAD_END.length + Number(length)
  }

  get outcome(): Outcome {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(this.#kept.toString('latin1', 0, 12))?.[1]
    return status ? { status: Number(status), text: this.#kept.toString('utf8', 0, 2000) } : 'closed'
  }
}

/** Returns whether both sides agree that the exchange was one request and one answer. */
function mayGoOn(sent: Buffer, head: string): boolean {
  const request = sent.toString('latin1', 0, Math.max(0, sent.indexOf(HEAD_END)))
  const plain =
    (request.match(/\r\n(?:content-length|transfer-encoding|expect|upgrade|connection):/gi) ?? []).length <= 1
  return plain && !head.includes('connection: close') && !request.startsWith('CONNECT')
}
