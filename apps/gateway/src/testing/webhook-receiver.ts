import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: {
    id: string
    event: string
    previousStatus?: string | null
    job?: Record<string, unknown>
    pipeline?: Record<string, unknown>
  }
}

type Answer = { status: number; text?: string; headers?: Record<string, string> } | 'silence' | 'cut'

/** A server that receives the events of webhooks. */
export class Receiver implements AsyncDisposable {
  readonly received: Received[] = []
  answer: Answer = { status: 204 }
  readonly #server = createServer((req, res) => {
    let text = ''
    req.setEncoding('utf8').on('data', (piece) => {
      text += piece
    })
    req.on('end', () => {
      this.received.push({ headers: req.headers, text, body: JSON.parse(text) })
      if (this.answer === 'cut') res.destroy()
      else if (this.answer !== 'silence') res.writeHead(this.answer.status, this.answer.headers).end(this.answer.text)
    })
  })

  async open(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }
}
