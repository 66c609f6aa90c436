import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A forwarded request and its answer. */
export interface Exchange {
  readonly method: string
  readonly path: string
  /** The body, if it was JSON. */
  readonly json: Readonly<Record<string, unknown>> | null
  /** The names of the parts, in order, if it was a multipart form. */
  readonly form: readonly string[] | null
  readonly status: number
  /** The header that tells a runner that its job was canceled. */
  readonly jobStatus: string | null
}

/** A proxy that records the requests of a runner to the gateway. Give its `url` to the runner as the only address. */
export class RecordingProxy {
  readonly url: string
  readonly exchanges: readonly Exchange[]
  readonly #close: () => Promise<void>

  private constructor(url: string, exchanges: readonly Exchange[], close: () => Promise<void>) {
    this.url = url
    this.exchanges = exchanges
    this.#close = close
  }

  /** @param target - returns the gateway's address. Called for each request, because a restart changes the address. */
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

  /** Returns the requests about a job with its own token, in order. */
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
  // A closed connection closes the other side, too: the gateway must not give a job to a client that is gone.
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

function namesIn(form: Buffer): string[] {
  return [...form.toString('latin1').matchAll(/^Content-Disposition: form-data; name="([^"]*)"/gim)].map(
    ([, name = '']) => name,
  )
}
