import { connect, type Socket } from 'node:net'

/** How an exchange ended. */
export type Outcome = { readonly status: number; readonly text: string } | 'closed' | 'silent'

const ANSWER_MS = 30_000
const KEPT_BYTES = 65_536

/** One connection after another to the gateway: each is used until a request leaves it in doubt. */
export class Connection {
  readonly #port: number
  #socket: Socket | null = null

  constructor(port: number) {
    this.#port = port
  }

  /** Sends bytes and reads the answer to them. `cut`: the sender ends the connection behind them. */
  async exchange(bytes: Buffer, { cut, endless }: { cut: boolean; endless: boolean }): Promise<Outcome> {
    const socket = this.#socket ?? this.#open()
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    let received = Buffer.alloc(0)
    const status = (): Outcome => {
      const match = /^HTTP\/1\.1 (\d{3})/.exec(received.toString('latin1', 0, 12))
      if (match?.[1] === '100') {
        received = received.subarray(received.indexOf('\r\n\r\n') + 4)
        return status()
      }
      return match ? { status: Number(match[1]), text: received.toString('utf8', 0, 2000) } : 'closed'
    }
    const onData = (chunk: Buffer): void => {
      received = received.length < KEPT_BYTES ? Buffer.concat([received, chunk]) : received
      // What a subscription says behind its head is not waited for.
      if (endless && received.includes('\r\n\r\n')) resolve(status())
      if (!cut && !endless && isWhole(received, bytes.toString('latin1', 0, 5) === 'HEAD ')) resolve(status())
    }
    const onClose = (): void => resolve(status())
    const late = setTimeout(() => resolve('silent'), ANSWER_MS)
    socket.on('data', onData).on('close', onClose)
    socket.write(bytes)
    if (cut) socket.end()
    const outcome = await promise
    clearTimeout(late)
    socket.off('data', onData).off('close', onClose)
    if (cut || endless || outcome === 'silent' || outcome === 'closed' || !mayGoOn(bytes, received)) this.close()
    return outcome
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    // Shows as `close`.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null
    })
    this.#socket = socket
    return socket
  }
}

/** Whether an answer was read to its end; of one that ends with its connection this is never known. */
function isWhole(received: Buffer, bodiless: boolean): boolean {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return false
  const head = received.toString('latin1', 0, end).toLowerCase()
  if (head.startsWith('http/1.1 100')) return isWhole(received.subarray(end + 4), bodiless)
  if (bodiless || /^http\/1\.1 (?:204|304)/.test(head)) return true
  if (head.includes('transfer-encoding: chunked')) return received.includes('\r\n0\r\n\r\n', end)
  const length = /content-length: (\d+)/.exec(head)?.[1]
  return length !== undefined && (received.length >= end + 4 + Number(length) || received.length >= KEPT_BYTES)
}

/** Only after an exchange that both sides understand alike: one request, one answer. */
function mayGoOn(sent: Buffer, received: Buffer): boolean {
  const head = received.toString('latin1', 0, Math.max(0, received.indexOf('\r\n\r\n'))).toLowerCase()
  const request = sent.toString('latin1', 0, Math.max(0, sent.indexOf('\r\n\r\n')))
  const plain =
    (request.match(/\r\n(?:content-length|transfer-encoding|expect|upgrade|connection):/gi) ?? []).length <= 1
  return plain && !head.includes('connection: close') && !request.startsWith('CONNECT')
}
