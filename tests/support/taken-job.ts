import { setTimeout as pause } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { type Reply, type Sending, send } from './http.ts'
import { multipart, streamed } from './multipart.ts'
import type { JobPayload } from './payload.ts'

/** Runners send their log in patches of at most this many bytes. */
const LARGEST_PATCH = 1_048_576
const FIRST_INTERVAL = 3

export interface Outcome {
  readonly failureReason?: string
  readonly exitCode?: number
}

export interface Patch {
  /** The whole header; computed from `start` and the bytes when absent, not sent when null. */
  readonly contentRange?: string | null
  /** `JOB-TOKEN`; null: not sent. */
  readonly token?: string | null
  /** Query parameters. */
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Upload {
  /** `artifact_type` and `artifact_format`; not sent when null. */
  readonly type?: string | null
  readonly format?: string | null
  readonly expireIn?: string
  readonly filename?: string
  /** `JOB-TOKEN`; null: not sent. */
  readonly token?: string | null
  /** Further query parameters. */
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Download {
  readonly method?: 'GET' | 'HEAD'
  /** `JOB-TOKEN`; null: not sent. */
  readonly token?: string | null
  /** Runners send `direct_download=true` with the first attempt only. */
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * A job that a runner has taken. `say`, `keepAlive` and `finish` behave like a real runner
 * (`docs/protocol/client.md 6 and 7`); `patch` and `put` send exactly what they are given.
 */
export class TakenJob {
  readonly payload: JobPayload
  readonly id: number
  readonly token: string
  /** The pause between two patches that the server asks for, in seconds. */
  interval = FIRST_INTERVAL
  /** The job's status in the last answer; null before the first. */
  status: string | null = null
  /** Whether the server ordered an immediate stop. */
  aborted = false
  readonly #url: string
  readonly #api: string
  readonly #produced: Buffer[] = []
  #size = 0
  #sent = 0

  constructor(url: string, payload: JobPayload) {
    this.#url = url
    this.#api = `${url}/api/v4/jobs/${payload.id}`
    this.payload = payload
    this.id = payload.id
    this.token = payload.token
  }

  /** The whole log written so far, sent or not. */
  get log(): Buffer {
    return Buffer.concat(this.#produced)
  }

  /** Bytes written but not accepted yet. */
  get unsent(): number {
    return this.#size - this.#sent
  }

  get checksum(): string {
    return `crc32:${crc32(this.log).toString(16).padStart(8, '0')}`
  }

  /** Appends to the log without sending. */
  write(data: string | Uint8Array): void {
    const bytes = Buffer.from(data as string)
    this.#produced.push(bytes)
    this.#size += bytes.length
  }

  /** Drops the log's bytes: nothing more is sent or compared. */
  forget(): void {
    this.#produced.length = 0
  }

  /** Appends to the log and sends until all of it is accepted or the job is aborted. */
  async say(data: string | Uint8Array): Promise<void> {
    this.write(data)
    await this.flush()
  }

  /** Sends one patch with unsent bytes, at most 1 MiB. Returns null when there is nothing to send. */
  async push(): Promise<Reply | null> {
    if (this.unsent <= 0) return null
    const bytes = this.log.subarray(this.#sent, this.#sent + LARGEST_PATCH)
    const reply = await this.patch(this.#sent, bytes)
    this.#read(reply)
    if (reply.status === 202) this.#sent += bytes.length
    if (reply.status === 416) this.#sent = offsetIn(reply.headers.get('Range'))
    return reply
  }

  /** Sends until nothing is left. @throws on an answer that a runner could not handle. */
  async flush(): Promise<void> {
    for (let refusals = 0; this.unsent > 0 && !this.aborted; ) {
      const reply = await this.push()
      if (reply === null || reply.status === 202) continue
      if (this.aborted) return
      refusals += 1
      if (refusals > 5 || this.#sent > this.#size) {
        throw new Error(`the log of job ${this.id} can't be sent: ${reply.status} ${reply.text}`)
      }
    }
  }

  /** Sends `state=running` with checksum and size of the whole log, which may be ahead of what was sent. */
  async keepAlive(): Promise<Reply> {
    const reply = await this.put({ state: 'running', ...this.#digest() })
    this.#read(reply)
    return reply
  }

  /** Sends the confirmation with which runners since 18.5 start. */
  async accept(): Promise<Reply> {
    const reply = await this.put({ state: 'running', output: {} })
    this.#read(reply)
    return reply
  }

  /** Sends the rest of the log, then the final update until the server accepts it. */
  async finish(state: 'success' | 'failed', { failureReason, exitCode }: Outcome = {}): Promise<Reply> {
    this.interval = FIRST_INTERVAL
    for (let tries = 0; ; tries++) {
      await this.flush()
      const reply = await this.put({
        state,
        ...(state === 'failed' && { failure_reason: failureReason ?? 'script_failure' }),
        ...this.#digest(),
        ...(exitCode && { exit_code: exitCode }),
      })
      const over = this.aborted
      this.#read(reply)
      if (over || (reply.status !== 202 && reply.status !== 412) || tries > 20) return reply
      if (reply.status === 412) this.#sent = 0
      await pause(this.interval * 1000)
    }
  }

  /** Sends one `PATCH` with these bytes at this offset. */
  async patch(start: number, data: string | Uint8Array | ReadableStream<Uint8Array>, how: Patch = {}): Promise<Reply> {
    const body = typeof data === 'string' ? Buffer.from(data) : data
    const length = body instanceof ReadableStream ? 0 : body.length
    const range = how.contentRange === undefined ? `${start}-${start + length - 1}` : how.contentRange
    const token = how.token === undefined ? this.token : how.token
    const url = new URL(`${this.#api}/trace`)
    for (const [name, value] of Object.entries(how.query ?? { debug_trace: 'false' })) url.searchParams.set(name, value)
    return await send('PATCH', url, {
      body,
      headers: {
        'Content-Type': 'text/plain',
        ...(range !== null && { 'Content-Range': range }),
        ...(token !== null && { 'JOB-TOKEN': token }),
        ...how.headers,
      },
      ...(how.signal && { signal: how.signal }),
    })
  }

  /** Sends one `PUT` with the job's token and these members, which take precedence. */
  async put(members: Readonly<Record<string, unknown>>, sending: Sending = {}): Promise<Reply> {
    return await send('PUT', this.#api, { json: { token: this.token, ...members }, ...sending })
  }

  /** Uploads an artifact as a runner does: one part, length unknown, parameters in the query. */
  async upload(content: string | Uint8Array, how: Upload = {}): Promise<Reply> {
    const { filename = 'artifacts.zip', ...rest } = how
    const { contentType, body } = multipart({
      name: 'file',
      filename,
      contentType: 'application/octet-stream',
      content,
    })
    return await this.post(streamed(body), { ...rest, headers: { 'Content-Type': contentType, ...how.headers } })
  }

  /** The address of its artifacts; `/authorize` below it is the pre-flight. */
  get artifactsUrl(): string {
    return `${this.#api}/artifacts`
  }

  /** Uploads with exactly this body, whose content type is among the headers. */
  async post(body: string | Uint8Array | ReadableStream<Uint8Array>, how: Upload = {}): Promise<Reply> {
    const { type = 'archive', format = 'zip', expireIn, signal } = how
    const token = how.token === undefined ? this.token : how.token
    const url = new URL(`${this.#api}/artifacts`)
    if (format !== null) url.searchParams.set('artifact_format', format)
    if (type !== null) url.searchParams.set('artifact_type', type)
    if (expireIn !== undefined) url.searchParams.set('expire_in', expireIn)
    for (const [name, value] of Object.entries(how.query ?? {})) url.searchParams.set(name, value)
    return await send('POST', url, {
      body,
      headers: { ...(token !== null && { 'JOB-TOKEN': token }), ...how.headers },
      ...(signal && { signal }),
    })
  }

  /** Downloads the archive of a job, by default of this one. Redirects are not followed. */
  async download(owner: number = this.id, how: Download = {}): Promise<Reply> {
    const token = how.token === undefined ? this.token : how.token
    const url = new URL(`${this.#url}/api/v4/jobs/${owner}/artifacts`)
    for (const [name, value] of Object.entries(how.query ?? {})) url.searchParams.set(name, value)
    return await send(how.method ?? 'GET', url, {
      headers: { ...(token !== null && { 'JOB-TOKEN': token }), ...how.headers },
      ...(how.signal && { signal: how.signal }),
    })
  }

  #digest(): Record<string, unknown> {
    const { checksum } = this
    return { checksum, output: { checksum, ...(this.#size > 0 && { bytesize: this.#size }) } }
  }

  #read({ status, headers }: Reply): void {
    this.status = headers.get('Job-Status') ?? this.status
    if (status === 403 || this.status === 'canceled' || this.status === 'failed') this.aborted = true
    const interval = headers.get('X-GitLab-Trace-Update-Interval') ?? ''
    if (/^[1-9]\d*$/.test(interval)) this.interval = Math.min(Number(interval), 900)
  }
}

/** Returns where a runner resumes after a 416: the number after the dash, or else the start. */
function offsetIn(range: string | null): number {
  const [, end, ...more] = (range ?? '').split('-')
  return end !== undefined && more.length === 0 && /^\d+$/.test(end) ? Number(end) : 0
}
