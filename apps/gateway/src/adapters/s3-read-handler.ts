import type { HttpHandlerOptions, HttpRequest, HttpResponse, RequestHandler } from '@smithy/types'
import { Agent } from 'undici'

export interface ReadHandlerOptions {
  /** The most connections to one server. */
  readonly connections: number
  readonly connectMs: number
  /** Time until the answer begins. */
  readonly silenceMs: number
  /** Time without a byte of the answer's body while it is being read. */
  readonly stalledMs: number
  /** Whether connections are reused. */
  readonly keeps: boolean
}

/**
 * Sends requests without a body for the AWS SDK. The SDK's own handler uses Node's `http`, which copies each chunk of
 * an answer and leaves the socket's chunk to the garbage collector. undici passes on the socket's chunk, whose memory
 * the reader can free.
 */
export class ReadHandler implements RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions> {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #options: ReadHandlerOptions
  #agent: Agent

  constructor(options: ReadHandlerOptions) {
    this.#options = options
    this.#agent = openAgent(options)
  }

  /** Abandons all connections: those under way finish, idle ones close now. */
  renew(): void {
    const old = this.#agent
    this.#agent = openAgent(this.#options)
    old.close().catch(() => undefined)
  }

  async handle(
    { protocol, hostname, port, path, query = {}, method, headers }: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
    const search = spell(query)
    const answer = await this.#agent
      .request({
        origin,
        path: search === '' ? path : `${path}?${search}`,
        method,
        headers,
        signal: abortSignal instanceof AbortSignal ? abortSignal : null,
      })
      .catch((error) => {
        // Reading changes nothing, so the SDK may retry.
        throw Object.assign(error, { $retryable: {} })
      })
    return { response: { statusCode: answer.statusCode, headers: plain(answer.headers), body: answer.body } }
  }

  destroy(): void {
    this.#agent.destroy().catch(() => undefined)
  }

  /** Required by the SDK, for settings of its own handler. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {}
  }
}

const openAgent = ({ connections, connectMs, silenceMs, stalledMs, keeps }: ReadHandlerOptions): Agent =>
  new Agent({
    connections,
    connect: { timeout: connectMs },
    headersTimeout: silenceMs,
    bodyTimeout: stalledMs,
    ...(keeps ? {} : { pipelining: 0 }),
    allowH2: false,
  })

function spell(query: NonNullable<HttpRequest['query']>): string {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values ?? ''].flat().map((value) => [name, value]))
  return pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  )
}
