import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound } from '../errors.ts'
import { isFinished, type JobStatus } from '../jobs/job.ts'
import type { Ports, Subscription } from '../ports.ts'
import { decodeHint, jobTopic, watchedKey } from '../wakeups/job-events.ts'
import { bytesIntoCharacter, LONGEST_TAIL, unfinishedTail } from './characters.ts'
import { readWindow, traceExtent } from './read-trace.ts'

/** Most log bytes in one event. A slow follower holds one such event, because the next is read only when requested. */
const EVENT_BYTES = 262_144
/** How long the watched mark lives after its last renewal (`docs/protocol/trace.md 5`). */
const WATCHED_MS = 10_000
/** How often a follower reads without an event: while events work, and while they don't. */
const RECHECK_MS = 4_000
const RECHECK_DEGRADED_MS = 500

/** One step of a followed log. */
export interface TraceEvent {
  /** Offset of the first byte of `text`. */
  readonly from: number
  /** Offset after the last byte, where reading resumes. */
  readonly to: number
  readonly text: string
  /** Bytes stored when the event was created. */
  readonly size: number
  readonly status: JobStatus
  /** The job is over and this reaches the end of its log; no event follows. */
  readonly complete: boolean
}

type FollowPorts = Pick<Ports, 'jobs' | 'traces' | 'objects' | 'events' | 'scratch'>

/**
 * Yields a job's log from byte `from`, then its growth until the job is over. The first event comes at once, even for
 * an empty log. Text is cut between characters only; bytes that are not UTF-8 become U+FFFD; offsets count stored
 * bytes. A start inside a character moves back to its first byte; a start past the end waits until the log gets there.
 * Meanwhile the log counts as watched.
 *
 * @returns `job_not_found` before anything is yielded.
 */
export async function followTrace(
  ports: FollowPorts,
  { jobId, from, signal }: { jobId: number; from: number; signal: AbortSignal },
): Promise<Result<AsyncGenerator<TraceEvent>, JobNotFound>> {
  if (!(await traceExtent(ports, jobId))) return err({ kind: 'job_not_found', id: jobId })
  return ok(follow(ports, jobId, from, signal))
}

async function* follow(
  ports: FollowPorts,
  jobId: number,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<TraceEvent> {
  await using watch = new Watch(ports, jobId)
  let at = start
  let settled = false
  let shown: JobStatus | null = null

  while (!signal.aborted) {
    // Subscribes first, reads second: bytes that arrive in between cause an event and are not missed.
    await watch.live()
    const extent = await traceExtent(ports, jobId)
    if (!extent) return
    const { storedBytes: size, status } = extent
    const over = isFinished(status)
    if (!settled && at <= size) {
      at = await characterStart(ports, jobId, at, size)
      settled = true
    }

    while (at < size && !signal.aborted) {
      const to = Math.min(size, at + EVENT_BYTES)
      const bytes = await readWindow(ports, jobId, { from: at, to })
      if (bytes.length === 0) break
      // At the very end of a log a character may stay incomplete; anywhere else the rest is still to come.
      const atEnd = over && at + bytes.length === size
      const length = bytes.length - (atEnd ? 0 : unfinishedTail(bytes))
      if (length === 0) break
      const complete = over && at + length === size
      yield { from: at, to: at + length, text: decode(bytes, length), size, status, complete }
      at += length
      shown = status
      if (complete) return
    }
    if (signal.aborted) return
    if (over) {
      yield { from: at, to: at, text: '', size, status, complete: true }
      return
    }
    if (shown !== status) {
      yield { from: at, to: at, text: '', size, status, complete: false }
      shown = status
    }

    // Events that include the bytes need no read.
    for (let current = true; current && !signal.aborted; ) {
      const woken = await watch.wait(await watch.live(), signal)
      current = false
      for (const text of woken) {
        const hint = decodeHint(text)
        if (!hint?.bytes || !settled || hint.from !== at || isFinished(hint.status)) {
          current = false
          break
        }
        const length = hint.bytes.length - unfinishedTail(hint.bytes)
        if (length > 0) {
          yield {
            from: at,
            to: at + length,
            text: decode(hint.bytes, length),
            size: hint.to,
            status: hint.status,
            complete: false,
          }
          at += length
          shown = hint.status
        }
        // When a character was split, the next piece does not line up: then the store is read.
        current = length === hint.bytes.length
        if (!current) break
      }
    }
  }
}

const decode = (bytes: Uint8Array, length: number): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length))

/** Returns the offset at which the character that includes byte `at` begins. */
async function characterStart(ports: FollowPorts, jobId: number, at: number, size: number): Promise<number> {
  if (at <= 0) return 0
  const from = Math.max(0, at - LONGEST_TAIL)
  const around = await readWindow(ports, jobId, { from, to: Math.min(size, at + LONGEST_TAIL) })
  return at - bytesIntoCharacter(around, at - from)
}

/** The resources of a follower: its subscription, and the mark that makes the runner report often. */
class Watch implements AsyncDisposable {
  readonly #ports: FollowPorts
  readonly #jobId: number
  #subscription: Subscription | null = null
  #markedAt = 0

  constructor(ports: FollowPorts, jobId: number) {
    this.#ports = ports
    this.#jobId = jobId
  }

  /** Returns the subscription, or null while events are not available: then the store is read more often. */
  async live(): Promise<Subscription | null> {
    if (performance.now() - this.#markedAt > WATCHED_MS / 3 || this.#markedAt === 0) {
      await this.#ports.scratch.set(watchedKey(this.#jobId), '1', WATCHED_MS)
      this.#markedAt = performance.now()
    }
    this.#subscription ??= await this.#ports.events.subscribe(jobTopic(this.#jobId)).catch(() => null)
    return this.#subscription
  }

  /** Resolves at an event or when it is time to read again; returns the hints that came. */
  async wait(subscription: Subscription | null, signal: AbortSignal): Promise<readonly string[]> {
    const pause = subscription && this.#ports.events.healthy ? RECHECK_MS : RECHECK_DEGRADED_MS
    if (subscription) return (await subscription.wait(pause, signal)).hints
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, pause)
      signal.addEventListener('abort', done, { once: true })
    })
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]()
  }
}
