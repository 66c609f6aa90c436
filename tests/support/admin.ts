import type { Output, Procedure, TraceEvent } from './api.ts'
import { mustFitProcedure, mustFitRefusal } from './documented.ts'
import { type Reply, type Sending, send } from './http.ts'
import { serverSentEvents } from './server-sent-events.ts'

/** Characters. The input of a longer query is sent as the body. */
const LONGEST_QUESTION = 2_000

/** A refusal of the admin API. */
export class AdminError extends Error {
  readonly code: string
  readonly status: number

  constructor({ code, status, message }: { code: string; status: number; message: string }) {
    super(message)
    this.code = code
    this.status = status
  }
}

export interface WatchOptions {
  readonly from?: number | string
  /** Sent in the input, as by a client that resumes by itself. */
  readonly lastEventId?: number | string
  /** Sent in the header, as by a browser that reconnects. */
  readonly lastEventIdHeader?: string
  readonly signal?: AbortSignal
}

/** Calls the admin API over plain HTTP, in tRPC's wire format. */
export class Admin {
  readonly url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(url: string, credentials: { token: string } | { headers: Readonly<Record<string, string>> }) {
    this.url = url
    this.#headers = 'token' in credentials ? { Authorization: `Bearer ${credentials.token}` } : credentials.headers
  }

  /** @throws AdminError when it is refused. */
  async query<Name extends Procedure>(procedure: Name, input?: unknown): Promise<Output<Name>>
  async query<T = unknown>(procedure: string, input?: unknown): Promise<T>
  async query(procedure: string, input?: unknown): Promise<unknown> {
    const address = this.#address(procedure, input)
    const isInAddress = address.search.length <= LONGEST_QUESTION
    const reply = isInAddress
      ? await send('GET', address, { headers: this.#headers })
      : await send('POST', this.#address(procedure), { json: input, headers: this.#headers })
    return this.#data(procedure, reply)
  }

  /** @throws AdminError when it is refused. */
  async mutate<Name extends Procedure>(procedure: Name, input?: unknown): Promise<Output<Name>>
  async mutate<T = unknown>(procedure: string, input?: unknown): Promise<T>
  async mutate(procedure: string, input?: unknown): Promise<unknown> {
    const body: Sending = input === undefined ? {} : { json: input }
    return this.#data(procedure, await send('POST', this.#address(procedure), { ...body, headers: this.#headers }))
  }

  /** Follows a log. Ends when the server ends the stream. @throws AdminError when it is refused. */
  async *watchTrace(
    jobId: number,
    { lastEventIdHeader, signal, ...from }: WatchOptions = {},
  ): AsyncGenerator<TraceEvent> {
    const headers = { ...this.#headers, ...(lastEventIdHeader && { 'Last-Event-ID': lastEventIdHeader }) }
    const events = serverSentEvents(this.#address('traces.watch', { jobId, ...from }), {
      headers,
      ...(signal && { signal }),
    })
    for await (const { event, data, id } of events) {
      if (event === 'serialized-error') throw refusal(JSON.parse(data), 200)
      if (event === 'return') return
      if (event !== 'message') continue
      const value = JSON.parse(data) as Omit<TraceEvent, 'id'>
      mustFitProcedure(this.url, 'traces.watch', value)
      yield { id: id ?? '', ...value }
    }
  }

  /** Downloads the raw stored log, which is possible while the job runs, too. */
  async log(jobId: number): Promise<Buffer> {
    const reply = await this.download(jobId)
    if (reply.status !== 200) throw new Error(`the log of job ${jobId} can't be downloaded: ${reply.status}`)
    return reply.body
  }

  async download(jobId: number, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return await send('GET', `${this.url}/download/jobs/${jobId}/trace`, { headers: { ...this.#headers, ...headers } })
  }

  /** Sends a request that is not a call of a procedure. */
  async send(method: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return await send(method, `${this.url}${path}`, { headers: { ...this.#headers, ...headers } })
  }

  #data(procedure: string, reply: Reply): unknown {
    const body = reply.json<{
      result?: { data?: unknown }
      error?: { data?: { httpStatus?: number; refusal?: unknown } }
    }>()
    if (reply.status !== 200) {
      mustFitRefusal(this.url, procedure, reply.status, body.error?.data?.refusal)
      throw refusal(body.error, reply.status)
    }
    mustFitProcedure(this.url, procedure, body.result?.data)
    return body.result?.data
  }

  #address(procedure: string, input?: unknown): URL {
    const url = new URL(`${this.url}/trpc/${procedure}`)
    if (input !== undefined) url.searchParams.set('input', JSON.stringify(input))
    return url
  }
}

function refusal(error: unknown, status: number): AdminError {
  const { message, data } = error as { message: string; data?: { code?: string; httpStatus?: number } }
  return new AdminError({ message, code: data?.code ?? 'UNKNOWN', status: data?.httpStatus ?? status })
}
