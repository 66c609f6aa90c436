import { setImmediate } from 'node:timers/promises'
import { Redis } from 'ioredis'

/** Receives the adapters' reports that a server went away or came back: one sentence, without secrets. */
export type Log = (message: string) => void

/** Milliseconds after which a command without an answer has failed. Nothing here is worth a longer wait for Redis. */
const COMMAND_TIMEOUT_MS = 1_000
/** How often a connection is checked. Without it a peer that vanished silently is noticed only after minutes. */
const PING_EVERY_MS = 5_000
const LONGEST_RETRY_PAUSE_MS = 2_000
/** How long a start waits for Redis before it continues without it. */
const FIRST_CONTACT_MS = 2_000

/** Reports once that a server is away and once that it is back, however often it is tried in between. */
class Outage {
  readonly #name: string
  readonly #log: Log
  #begun = false

  constructor(name: string, log: Log) {
    this.#name = name
    this.#log = log
  }

  begin(reason: string): void {
    if (this.#begun) return
    this.#begun = true
    this.#log(`${this.#name} is away: ${reason}`)
  }

  end(): void {
    if (!this.#begun) return
    this.#begun = false
    this.#log(`${this.#name} is back`)
  }
}

/** One connection that is restored after every loss, and its outage. */
export interface RedisConnection {
  readonly redis: Redis
  readonly outage: Outage
  close(): Promise<void>
}

/**
 * Connects in the background, and again after every loss. Commands fail at once while there is no connection: they are
 * not queued, because they would be stale later.
 */
export function connectRedis(url: string, purpose: string, log: Log, protocol: 2 | 3 = 3): RedisConnection {
  const outage = new Outage(`Redis at ${redisAddress(url)} (REDIS_URL; ${purpose})`, log)
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: FIRST_CONTACT_MS,
    // 0 makes commands under way fail when the connection breaks, instead of sending them again on the next one.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // After a failover the old primary answers READONLY; a new connection finds the new primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (attempt) =>
      Math.min(50 * 2 ** Math.min(attempt, 10), LONGEST_RETRY_PAUSE_MS) * (0.75 + Math.random() / 2),
    protocol,
  })
  let closed = false
  redis.on('error', (error: Error) => outage.begin(reasonOf(error)))
  redis.on('close', () => {
    if (!closed) outage.begin('the connection closed')
  })
  redis.on('ready', () => outage.end())

  const pinging = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => redis.disconnect(true))
  }, PING_EVERY_MS)
  pinging.unref()

  return {
    redis,
    outage,
    async close() {
      closed = true
      clearInterval(pinging)
      // Lets earlier commands finish. Commands of this turn are still being collected into one pipeline.
      await setImmediate()
      if (redis.status === 'ready') await redis.quit().catch(() => {})
      redis.disconnect()
    },
  }
}

/** Returns host and port of an address, without user and password. */
function redisAddress(url: string): string {
  const { hostname, port } = new URL(url)
  return `${hostname || 'localhost'}:${port || '6379'}`
}

/**
 * Tries one connection, without retries.
 *
 * @returns the errors in the order in which they occurred; empty when Redis is usable.
 */
export async function tryRedis(url: string): Promise<readonly unknown[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: FIRST_CONTACT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  const errors: unknown[] = []
  redis.on('error', (error: unknown) => errors.push(error))
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    errors.push(error)
  } finally {
    redis.disconnect()
  }
  return errors
}

/** Resolves when the connection is usable, or when waiting longer would only hold up the start. */
export function firstContact({ redis }: RedisConnection): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      redis.off('ready', done)
      redis.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, FIRST_CONTACT_MS)
    redis.once('ready', done)
    redis.once('close', done)
  })
}

/** Returns an error's message. A refused connection to a name with several addresses has only a code. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message || ('code' in error ? String(error.code) : error.name) : String(error)
