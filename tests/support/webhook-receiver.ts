import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedHook {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: {
    readonly id: string
    readonly event: string
    readonly time: string
    readonly previousStatus?: string | null
    readonly job?: { readonly id: number; readonly status: string }
  }
}

/** A receiver of webhooks that stores requests and answers as configured. */
export class WebhookReceiver implements AsyncDisposable {
  readonly received: ReceivedHook[] = []
  status = 204
  #server: Server | null = null
  #port = 0

  static async open(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver()
    await receiver.open()
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`
  }

  /** Returns the received changes of a job as `previous → status`. */
  changesOf(jobId: number): string[] {
    const about = this.received.filter(({ body }) => body.job?.id === jobId)
    return about.map(({ body }) => `${body.previousStatus} → ${body.job?.status}`)
  }

  /** Starts listening, at the previous address if there was one. */
  async open(): Promise<void> {
    this.#server = createServer((req, res) => {
      let text = ''
      req.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      req.on('end', () => {
        this.received.push({ headers: req.headers, text, body: JSON.parse(text) })
        res.writeHead(this.status).end()
      })
    }).listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Stops listening. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (!server) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Verifies a signature as the documentation tells receivers to do. */
export function verifies({ headers, text }: ReceivedHook, secret: string): boolean {
  const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-yardmaster-signature'])) ?? []
  return signature === createHmac('sha256', secret).update(`${time}.${text}`).digest('hex')
}
