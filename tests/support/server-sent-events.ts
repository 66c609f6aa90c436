export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  readonly id: string | null
}

/**
 * Reads one stream of server-sent events until it ends or the caller stops reading. It does not reconnect: tests do so
 * themselves.
 *
 * @throws when the answer is not an event stream.
 */
export async function* serverSentEvents(
  url: URL,
  { headers, signal }: { headers: Readonly<Record<string, string>>; signal?: AbortSignal },
): AsyncGenerator<ServerSentEvent> {
  const leaving = new AbortController()
  const response = await fetch(url, {
    headers: { ...headers, Accept: 'text/event-stream' },
    signal: signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
  })
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream') || !response.body) {
    throw new Error(`no event stream: ${response.status} ${await response.text()}`)
  }
  try {
    let rest = ''
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) yield parse(block)
    }
  } finally {
    leaving.abort()
  }
}

function parse(block: string): ServerSentEvent {
  let event = 'message'
  let id: string | null = null
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (field === 'event') event = value
    if (field === 'id') id = value
    if (field === 'data') data.push(value)
  }
  return { event, id, data: data.join('\n') }
}
