import { setTimeout as pause } from 'node:timers/promises'
import { checked, unexpectedAnswer } from './answers.ts'
import { Away, Failure, Interrupted, serverFailure } from './failure.ts'
import { type Connection, networkFailure, readJson, send } from './http.ts'

/** The next bytes of a log. */
export interface TraceEvent {
  readonly text: string
  /** Of the job. */
  readonly status: string
  /** Whether this is the last event. */
  readonly complete: boolean
}

export interface FollowOptions {
  /** Told once for each time the connection is lost. */
  readonly onLost: () => void
  /** Milliseconds without a byte, not even a sign of life, until a connection counts as lost. */
  readonly silenceMs?: number
  /** Milliseconds to wait before a connection is made again: the first and the longest wait. */
  readonly waitsMs?: readonly [first: number, longest: number]
  /** Milliseconds without any connection until the server counts as away. */
  readonly giveUpMs?: number
}

/** The server shows that it is there every 15 seconds. */
const SILENCE_MS = 45_000
const GIVE_UP_MS = 300_000
/** Characters of one event, which carries at most 256 KiB of a log, perhaps escaped. */
const LONGEST_EVENT = 4 * 1_048_576

/** The connection broke, or the server ended it: the same request, from the next byte on, may do. */
class Broken extends Error {}

/**
 * Follows the log of a job from its first byte to the end of the job. A connection that breaks is made again from the
 * next byte on, so that nothing is missing and nothing is repeated.
 *
 * @throws Failure when the server refuses, or stays away.
 */
export async function* followTrace(
  connection: Connection,
  jobId: number,
  { onLost, silenceMs = SILENCE_MS, waitsMs = [250, 10_000], giveUpMs = GIVE_UP_MS }: FollowOptions,
): AsyncGenerator<TraceEvent> {
  let offset = 0
  let waitMs: number = waitsMs[0]
  let heardAt: number | null = null
  for (;;) {
    try {
      for await (const { id, data } of events(connection, jobId, offset, silenceMs)) {
        heardAt = Date.now()
        waitMs = waitsMs[0]
        if (data === null) continue
        const event = checked(data, { from: 'number', text: 'string', status: 'string', complete: 'boolean' })
        // Begins elsewhere: what was asked for is asked for again.
        if (event.from !== offset || id < offset) throw new Broken(`the event begins at ${event.from}`)
        offset = id
        yield { text: event.text, status: event.status, complete: event.complete }
        if (event.complete) return
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      // Only a server that has answered once is worth to wait for.
      if (heardAt === null && error.cause instanceof Away) throw error.cause
    }
    heardAt ??= Date.now()
    if (Date.now() - heardAt > giveUpMs) {
      throw serverFailure(
        `${connection.url} has been away for ${Math.round(giveUpMs / 1000)} s.`,
        `yardmaster job log --follow ${jobId}`,
      )
    }
    onLost()
    await pause(waitMs, undefined, { signal: connection.signal }).catch(() => {
      throw new Interrupted()
    })
    waitMs = Math.min(waitMs * 2, waitsMs[1])
  }
}

interface Tracked {
  readonly id: number
  /** Null for a sign of life. */
  readonly data: {
    readonly from: number
    readonly text: string
    readonly status: string
    readonly complete: boolean
  } | null
}

async function* events(
  connection: Connection,
  jobId: number,
  from: number,
  silenceMs: number,
): AsyncGenerator<Tracked> {
  const leaving = new AbortController()
  const input = encodeURIComponent(JSON.stringify({ jobId, from }))
  try {
    const response = await opened(connection, `/trpc/traces.watch?input=${input}`, leaving.signal)
    for await (const block of blocks(response, connection, leaving, silenceMs)) {
      const { event, id, data } = parse(block)
      if (event === 'message') yield { id: offsetIn(id), data: parsed(data) as Tracked['data'] }
      else if (event === 'serialized-error') throw refusal(data, connection)
      else if (event === 'return') return
      else yield { id: from, data: null }
    }
    throw new Broken('the stream ended')
  } finally {
    leaving.abort()
  }
}

/** @throws Broken when it is worth to try again, Failure when it is not. */
async function opened(connection: Connection, path: string, signal: AbortSignal): Promise<Response> {
  let response: Response
  try {
    response = await send(connection, path, { signal, headers: { Accept: 'text/event-stream' } })
  } catch (error) {
    throw error instanceof Away ? new Broken(error.message, { cause: error }) : error
  }
  if (response.headers.get('Content-Type')?.startsWith('text/event-stream') && response.body) return response
  if (response.status >= 500) {
    await response.body?.cancel()
    throw new Broken(`status ${response.status}`)
  }
  const answer = (await readJson(response, connection)) as { error?: { message?: unknown } }
  if (response.status === 401) {
    throw serverFailure(`${connection.url} does not accept the token.`, `yardmaster login ${connection.url}`)
  }
  const message = answer?.error?.message
  throw typeof message === 'string'
    ? serverFailure(message, 'yardmaster job list')
    : unexpectedAnswer('it has no events')
}

/** Splits the stream at its empty lines. */
async function* blocks(
  response: Response,
  connection: Connection,
  leaving: AbortController,
  silenceMs: number,
): AsyncGenerator<string> {
  const timer = setTimeout(() => leaving.abort(), silenceMs)
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const piece of response.body ?? []) {
      timer.refresh()
      rest += decoder.decode(piece, { stream: true })
      if (rest.length > LONGEST_EVENT) throw unexpectedAnswer('an event has no end')
      if (!rest.includes('\n\n')) continue
      const complete = rest.split('\n\n')
      rest = complete.pop() ?? ''
      yield* complete
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    const failure = networkFailure(error, connection)
    if (failure instanceof Interrupted || failure === null) throw failure ?? error
    throw new Broken(failure.message)
  } finally {
    clearTimeout(timer)
  }
}

function parse(block: string): { event: string; id: string; data: string } {
  const fields = { event: 'message', id: '', data: '' }
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ''] = /^(event|id|data): ?(.*)$/s.exec(line) ?? []
    if (field === 'data') fields.data += value
    else if (field === 'event' || field === 'id') fields[field] = value
  }
  return fields
}

function offsetIn(id: string): number {
  if (!/^[0-9]{1,15}$/.test(id)) throw unexpectedAnswer('an event has no offset')
  return Number(id)
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw unexpectedAnswer('an event is not JSON')
  }
}

function refusal(data: string, { url }: Connection): Error {
  const { message, data: details } = (parsed(data) ?? {}) as { message?: unknown; data?: { httpStatus?: unknown } }
  if (Number(details?.httpStatus ?? 500) >= 500) return new Broken(String(message))
  if (details?.httpStatus === 401) return serverFailure(`${url} does not accept the token.`, `yardmaster login ${url}`)
  return serverFailure(typeof message === 'string' ? message : 'The server refused.', 'yardmaster job list')
}
