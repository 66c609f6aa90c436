import type { HttpHandlerOptions, HttpRequest, HttpResponse, RequestHandler } from '@smithy/types'

type Handler = RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions>

export interface SecondTryParts {
  /** Reuses connections, and gives up soon on a silent one. */
  readonly first: Handler
  /** Opens a connection for each request, and waits as long as a slow server needs. */
  readonly second: Handler
  /** Closes idle connections. */
  readonly dropIdle: () => void
}

/**
 * Retries silent requests. A firewall or proxy may silently drop a reused connection and all other idle ones. A request
 * without an answer is therefore soon sent again on a new connection, where a server that is merely slow gets more
 * time. This is safe, because all our requests are idempotent: a key is never written with different bytes.
 */
export class SecondTry implements Handler {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #parts: SecondTryParts

  constructor(parts: SecondTryParts) {
    this.#parts = parts
  }

  async handle(request: HttpRequest, options?: HttpHandlerOptions): Promise<{ response: HttpResponse }> {
    const { first, second, dropIdle } = this.#parts
    if (isSlow(request)) return await second.handle(request, options)
    try {
      return await first.handle(request, options)
    } catch (error) {
      if (!isSilence(error)) throw error
      dropIdle()
      return await second.handle(request, options)
    }
  }

  destroy(): void {
    this.#parts.first.destroy?.()
    this.#parts.second.destroy?.()
  }

  /** Required by the SDK, for settings of its own handler. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {}
  }
}

/** Joining the parts of an upload takes long, and cannot be requested twice. */
const isSlow = ({ method, query = {} }: HttpRequest): boolean => method === 'POST' && 'uploadId' in query

/** Returns whether a connection was silent. Failing to connect is not retried, because it would fail again. */
const isSilence = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && error.code === 'UND_ERR_HEADERS_TIMEOUT') ||
    (error.name === 'TimeoutError' && error.message.includes('inactivity')))
