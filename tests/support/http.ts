import { mustBeDocumented } from './documented.ts'

/** An answer, read to its end. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  readonly text: string
  /** Returns the body as JSON. @throws when it is not JSON. */
  json<T = unknown>(): T
}

export interface Sending {
  /** Sent as JSON, with the matching content type. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Sends one request without following redirects. Rejects when the connection breaks or `signal` aborts. */
export async function send(method: string, url: string | URL, sending: Sending = {}): Promise<Reply> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...('json' in sending && { 'Content-Type': 'application/json' }), ...sending.headers },
    ...bodyOf(sending),
    ...(sending.signal && { signal: sending.signal }),
  })
  const body = Buffer.from(await response.arrayBuffer())
  const text = body.toString('utf8')
  mustBeDocumented(method, new URL(url), { status: response.status, headers: response.headers, text })
  return { status: response.status, headers: response.headers, body, text, json: <T>() => JSON.parse(text) as T }
}

function bodyOf({ json, body }: Sending): RequestInit {
  if (json !== undefined) return { body: JSON.stringify(json) }
  if (body === undefined) return {}
  // A stream is sent chunked. fetch requires `duplex`: the body is sent before the answer is read.
  if (body instanceof ReadableStream) return { body, duplex: 'half' } as RequestInit
  return { body: typeof body === 'string' ? body : new Uint8Array(body) }
}
