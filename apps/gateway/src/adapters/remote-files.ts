import { setTimeout as pause } from 'node:timers/promises'
import type { RemoteAnswer, RemoteRequest } from '@yardmaster/ci-config'
import { type Agent, fetch } from 'undici'
import { denyAddresses, NOT_PUBLIC } from '../denied-addresses.ts'
import { DeniedAddress, guardedAgent } from './guarded-agent.ts'
import { readBeginning } from './read-beginning.ts'

/** Milliseconds until a connection is given up. */
const CONNECT_MS = 10_000
/** Milliseconds before the second and the third attempt. */
const PAUSES_MS = [1_000, 2_000]
/** Bytes of all files that are kept because an include has `cache`. */
const MOST_CACHED_BYTES = 16 * 1_048_576

interface Cached {
  readonly bytes: Uint8Array
  readonly fetchedAt: number
}

type Failure = Exclude<RemoteAnswer, { readonly bytes: Uint8Array }>

/**
 * Fetches the files that a configuration includes by their address. Sends no credentials, and follows redirects; each
 * address that is connected to has to be an allowed one. Tries three times when the other side may be at fault.
 *
 * @see `docs/pipelines.md 1`
 */
export class RemoteFiles implements AsyncDisposable {
  readonly #agent: Agent
  readonly #pausesMs: readonly number[]
  /** The one that was fetched first comes first. */
  readonly #cached = new Map<string, Cached>()
  #cachedBytes = 0

  /** @param denied - networks in CIDR notation from which nothing is fetched. */
  constructor({
    denied = NOT_PUBLIC,
    pausesMs = PAUSES_MS,
  }: {
    denied?: readonly string[]
    pausesMs?: readonly number[]
  } = {}) {
    this.#agent = guardedAgent(denyAddresses(denied), { timeout: CONNECT_MS })
    this.#pausesMs = pausesMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  /** @throws the signal's reason when it is aborted. */
  async fetch({ address, cacheSeconds }: RemoteRequest, signal: AbortSignal): Promise<RemoteAnswer> {
    const kept = this.#cached.get(address)
    if (kept && cacheSeconds !== null && Date.now() - kept.fetchedAt < cacheSeconds * 1000) return { bytes: kept.bytes }
    const answer = await this.#fetchPatiently(address, signal)
    if (cacheSeconds !== null && 'bytes' in answer) this.#keep(address, answer.bytes)
    return answer
  }

  async #fetchPatiently(address: string, signal: AbortSignal): Promise<RemoteAnswer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#fetchOnce(address, attempt, signal)
      const pauseMs = this.#pausesMs[attempt - 1]
      if ('bytes' in answer || pauseMs === undefined || !mayPass(answer)) return answer
      await pause(pauseMs, undefined, { signal })
    }
  }

  async #fetchOnce(address: string, attempts: number, signal: AbortSignal): Promise<RemoteAnswer> {
    try {
      const response = await fetch(address, { signal, dispatcher: this.#agent })
      if (response.ok) return { bytes: await readBeginning(response) }
      await response.body?.cancel()
      return { failed: 'status', status: response.status, attempts }
    } catch (error) {
      signal.throwIfAborted()
      return failureOf(error)
    }
  }

  #keep(address: string, bytes: Uint8Array): void {
    this.#forget(address)
    this.#cached.set(address, { bytes, fetchedAt: Date.now() })
    this.#cachedBytes += bytes.byteLength
    for (const oldest of this.#cached.keys()) {
      if (this.#cachedBytes <= MOST_CACHED_BYTES) break
      this.#forget(oldest)
    }
  }

  #forget(address: string): void {
    this.#cachedBytes -= this.#cached.get(address)?.bytes.byteLength ?? 0
    this.#cached.delete(address)
  }
}

/** Returns whether another attempt may succeed. */
const mayPass = (failure: Failure): boolean =>
  failure.failed === 'timeout' || failure.failed === 'socket' || (failure.failed === 'status' && failure.status >= 500)

const TIMEOUTS = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']

/** Returns what an error of `fetch` means: its cause, or the first of its causes for a name with several addresses. */
function failureOf(error: unknown): Failure {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const reason = cause instanceof AggregateError ? cause.errors[0] : cause
  if (reason instanceof DeniedAddress) {
    return { failed: 'refused', reason: `INCLUDE_DENY forbids the address of ${reason.where}` }
  }
  const code = (reason as NodeJS.ErrnoException | undefined)?.code
  if (code === undefined || /^(HPE|ERR)_/.test(code)) return { failed: 'http' }
  return { failed: TIMEOUTS.includes(code) ? 'timeout' : 'socket' }
}
