import type { HttpHandlerOptions, HttpRequest, HttpResponse, RequestHandler } from '@smithy/types'

type Handler = RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions>

export interface SecondTryParts {
  /** Keeps connections for later requests, and gives up soon on one that says nothing. */
  readonly first: Handler
  /** Makes a connection for each request, and has the patience that a slow server needs. */
  readonly second: Handler
  /** Throws away connections that wait for their next request. */
  readonly dropIdle: () => void
}

/**
 * A kept connection may have been swallowed on the way without a word, and all that were idle with it. A request that
 * hears nothing is therefore asked again soon, on a new connection; a server that is merely slow gets its time there.
 * Safe, because asking twice for what we ask changes nothing: a key is never written with different bytes at a time.
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

  /** The SDK's, for settings of its own handler. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {}
  }
}

/** Joining the parts of an upload takes its time, and can't be asked for twice. */
const isSlow = ({ method, query = {} }: HttpRequest): boolean => method === 'POST' && 'uploadId' in query

/** Connected, and nothing came; a server that can't be connected to gets no better by trying again. */
const isSilence = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && error.code === 'UND_ERR_HEADERS_TIMEOUT') ||
    (error.name === 'TimeoutError' && error.message.includes('inactivity')))
