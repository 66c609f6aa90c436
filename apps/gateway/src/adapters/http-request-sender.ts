import type { RequestSender, SentAnswer } from '@yardmaster/domain/ports'
import { type Agent, fetch } from 'undici'
import { denyAddresses, LINK_LOCAL_AND_METADATA } from '../denied-addresses.ts'
import { DeniedAddress, guardedAgent } from './guarded-agent.ts'
import { readBeginning } from './read-beginning.ts'

const TIMEOUT_MS = 10_000
/** Bytes kept of an answer, for finding out what went wrong. */
const KEPT_BYTES = 1024

/**
 * Posts over http or https, without following redirects: a signed body goes only where an administrator sent it. A user
 * and a password in the address become basic authentication.
 */
export class HttpRequestSender implements RequestSender, AsyncDisposable {
  readonly #timeoutMs: number
  readonly #agent: Agent

  /** @param denied - networks in CIDR notation to which nothing is sent. */
  constructor({
    timeoutMs = TIMEOUT_MS,
    denied = LINK_LOCAL_AND_METADATA,
  }: {
    timeoutMs?: number
    denied?: readonly string[]
  } = {}) {
    this.#timeoutMs = timeoutMs
    this.#agent = guardedAgent(denyAddresses(denied))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  async send({ url, headers, body }: Parameters<RequestSender['send']>[0]): Promise<SentAnswer> {
    const address = new URL(url)
    const authorization = basicAuthentication(address)
    address.username = ''
    address.password = ''
    const signal = AbortSignal.timeout(this.#timeoutMs)
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { ...headers, ...authorization },
        body,
        redirect: 'manual',
        signal,
        dispatcher: this.#agent,
      })
      return {
        status: response.status,
        headers: keptHeaders(response.headers),
        body: new TextDecoder().decode(await readBeginning(response, KEPT_BYTES)),
      }
    } catch (error) {
      if (signal.aborted) throw new Error(`no answer within ${this.#timeoutMs / 1000} s`)
      const reason = reasonOf(error)
      if (reason instanceof DeniedAddress)
        throw new Error(`requests may not go to ${reason.where}: WEBHOOK_DENY forbids this address`)
      throw new Error(`can’t reach the receiver: ${sentenceOf(reason)}`, { cause: error })
    }
  }
}

/** Those that say when to ask again. */
const KEPT_HEADERS = ['retry-after', 'x-ratelimit-remaining', 'x-ratelimit-reset']
const LONGEST_HEADER = 100

const keptHeaders = (headers: Pick<Headers, 'get'>): Record<string, string> =>
  Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = headers.get(name)
      return value === null ? [] : [[name, value.slice(0, LONGEST_HEADER)]]
    }),
  )

function basicAuthentication({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

/** Returns why fetch failed: the cause of its error, or the first of its errors for a name with several addresses. */
function reasonOf(error: unknown): unknown {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return cause instanceof AggregateError ? cause.errors[0] : cause
}

const sentenceOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason))
