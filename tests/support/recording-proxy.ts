import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that passed, and how it was answered. */
export interface Exchange {
  readonly method: string
  readonly path: string
  /** What was sent, if it was JSON. */
  readonly json: Readonly<Record<string, unknown>> | null
  /** The names of what was sent, in order, if it was a form of parts. */
  readonly form: readonly string[] | null
  readonly status: number
  /** The header by which a runner hears that its job was canceled. */
  readonly jobStatus: string | null
}

/** Stands between a runner and the gateway, and writes down what is said. A runner that is given its `url` uses no other. */
export class RecordingProxy {
  readonly url: string
  readonly exchanges: readonly Exchange[]
  readonly #close: () => Promise<void>

  private constructor(url: string, exchanges: readonly Exchange[], close: () => Promise<void>) {
    this.url = url
    this.exchanges = exchanges
    this.#close = close
  }

  /** @param target - gives the gateway's address; asked at each request, as a gateway that was restarted has another. */
  static async start(target: () => string): Promise<RecordingProxy> {
    const exchanges: Exchange[] = []
    const server = createServer((incoming, outgoing) => forward(target(), incoming, outgoing, exchanges))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return new RecordingProxy(`http://127.0.0.1:${port}`, exchanges, async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
  }

  /** What was said about a job with its own token, in order. */
  ofJob(id: number): Exchange[] {
    return this.exchanges.filter(({ path }) => new RegExp(`/api/v4/jobs/${id}(?:[/?]|$)`).test(path))
  }

  stop(): Promise<void> {
    return this.#close()
  }
}

function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, exchanges: Exchange[]): void {
  const { method = 'GET', url: path = '/', headers } = incoming
  const read: Buffer[] = []
  const isJson = headers['content-type']?.startsWith('application/json') ?? false
  const isForm = headers['content-type']?.startsWith('multipart/form-data') ?? false
  if (isJson || isForm) incoming.on('data', (chunk: Buffer) => read.push(chunk))
  const onward = request(new URL(path, target), { method, headers }, (answer) => {
    const { statusCode: status = 0, headers: answered } = answer
    const jobStatus = answered['job-status']
    const body = Buffer.concat(read)
    const json = isJson ? (JSON.parse(body.toString() || 'null') as Exchange['json']) : null
    const form = isForm ? namesIn(body) : null
    exchanges.push({ method, path, json, form, status, jobStatus: typeof jobStatus === 'string' ? jobStatus : null })
    outgoing.writeHead(status, answered)
    answer.pipe(outgoing)
  })
  // Whoever hangs up takes the other side along: the gateway gives no job to a client that is gone.
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

function namesIn(form: Buffer): string[] {
  return [...form.toString('latin1').matchAll(/^Content-Disposition: form-data; name="([^"]*)"/gim)].map(
    ([, name = '']) => name,
  )
}
