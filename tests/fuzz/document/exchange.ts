import type { GivenAnswer } from '../../support/openapi.ts'
import { Connection } from '../connection.ts'
import type { Case } from './cases.ts'

const ANSWER_MS = 30_000

/** Sends a request and reads its answer, or the first event of a stream. Returns null when the sender hung up first. */
export async function exchange(url: string, one: Case): Promise<GivenAnswer | null> {
  if (one.promised.kind === 'cut') return await hangUp(url, one)
  const over = new AbortController()
  const late = setTimeout(() => over.abort(new Error('no answer')), ANSWER_MS)
  try {
    const response = await fetch(url + one.path, {
      method: one.method,
      headers: one.headers,
      redirect: 'manual',
      signal: over.signal,
      ...(one.body && { body: new Uint8Array(one.body) }),
    })
    const contentType = response.headers.get('Content-Type')
    const { status } = response
    if (contentType !== 'text/event-stream') return { status, contentType, text: await response.text() }
    return { status, contentType, text: await firstEvent(response) }
  } finally {
    clearTimeout(late)
    over.abort()
  }
}

async function firstEvent({ body }: Response): Promise<string> {
  let text = ''
  for await (const piece of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += piece
    const data = /^data: (.*)\n\n/m.exec(text)?.[1]
    if (data !== undefined) return data
  }
  return text
}

/** Announces the whole body, sends half of it, and closes the connection. */
async function hangUp(url: string, { method, path, headers, body }: Case): Promise<GivenAnswer | null> {
  const whole = body ?? Buffer.alloc(0)
  const { host, port } = new URL(url)
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${whole.length + 1}`,
  ]
  const bytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), whole.subarray(0, whole.length / 2)])
  const outcome = await new Connection(Number(port)).exchange(bytes, { cut: true, endless: false })
  if (outcome === 'silent') throw new Error('the connection was left open')
  if (outcome === 'closed') return null
  const [answered = '', text = ''] = outcome.text.split('\r\n\r\n')
  return { status: outcome.status, contentType: /^content-type: (.*)$/im.exec(answered)?.[1] ?? null, text }
}
