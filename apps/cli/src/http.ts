import { unexpectedAnswer } from './answers.ts'
import { Away, type Failure, Interrupted, serverFailure } from './failure.ts'
import type { Target } from './target.ts'

/** Bytes of an answer that is read whole. The largest ones carry a configuration of 20 MiB. */
const LARGEST_ANSWER = 64 * 1_048_576

export interface Connection extends Pick<Target, 'url' | 'token'> {
  /** Milliseconds until a request without an answer is given up. */
  readonly timeoutMs: number
  /** Aborts when the user presses Ctrl+C. */
  readonly signal: AbortSignal
}

/**
 * Says why a request got no answer.
 *
 * @returns null for errors that have nothing to do with it.
 */
export function networkFailure(error: unknown, { url, signal, timeoutMs }: Omit<Connection, 'token'>): Failure | null {
  if (signal.aborted) return new Interrupted()
  const { name, cause, code } = error as { name?: string; cause?: unknown; code?: string }
  if (name === 'TimeoutError') {
    return new Away(`${url} did not answer within ${timeoutMs / 1000} s.`, 'Try again, or with --timeout SECONDS.')
  }
  const reason = (cause as { code?: string } | undefined)?.code ?? code
  if (name !== 'TypeError' && name !== 'AbortError' && reason === undefined) return null
  const detail = reason ?? (cause as Error | undefined)?.message ?? (error as Error).message
  return new Away(`${url} cannot be reached (${detail}).`, 'yardmaster context verify')
}

/**
 * Sends a request with the token. Answers that lead elsewhere are not followed: the token is for this address.
 *
 * @param path - begins with a slash, below the address.
 * @param init.limit - milliseconds for the whole answer; absent for one that is streamed, which may take
 *   `timeoutMs` until it begins.
 * @throws Failure when there is no answer.
 */
export async function send(
  connection: Connection,
  path: string,
  init: RequestInit & { readonly limit?: number } = {},
): Promise<Response> {
  const { url, token, timeoutMs, signal } = connection
  const { limit, ...request } = init
  const waiting = new AbortController()
  const late = () => waiting.abort(new DOMException('no answer', 'TimeoutError'))
  const timer = setTimeout(late, limit ?? timeoutMs)
  try {
    const response = await fetch(`${url}${path}`, {
      ...request,
      redirect: 'manual',
      headers: { Authorization: `Bearer ${token}`, ...request.headers },
      signal: AbortSignal.any([signal, waiting.signal, ...(request.signal ? [request.signal] : [])]),
    })
    refuseRedirect(response, url)
    return response
  } catch (error) {
    throw networkFailure(error, connection) ?? error
  } finally {
    if (limit === undefined) clearTimeout(timer)
    else timer.unref()
  }
}

function refuseRedirect({ status, headers }: Response, url: string): void {
  if (status < 300 || status >= 400 || status === 304) return
  const to = headers.get('Location')
  throw serverFailure(
    `${url} leads to ${to ?? 'another address'}, which is not followed because the token is for ${url} alone.`,
    to && URL.canParse(to, url) ? `yardmaster login ${new URL(to, url).origin}` : 'yardmaster login URL',
  )
}

/**
 * Reads a whole answer as JSON.
 *
 * @throws Failure when it is something else, too large, or breaks off.
 */
export async function readJson(response: Response, connection: Connection, largest = LARGEST_ANSWER): Promise<unknown> {
  const type = response.headers.get('Content-Type') ?? 'nothing'
  if (!/^application\/json\b/.test(type)) {
    await response.body?.cancel()
    throw unexpectedAnswer(`it is ${type} with the status ${response.status}`)
  }
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of response.body ?? []) {
      size += piece.length
      if (size > largest) throw unexpectedAnswer(`it has more than ${largest / 1_048_576} MiB`)
      pieces.push(piece)
    }
  } catch (error) {
    throw networkFailure(error, connection) ?? error
  }
  try {
    return JSON.parse(new TextDecoder().decode(Buffer.concat(pieces)))
  } catch {
    throw unexpectedAnswer('it is not JSON')
  }
}
