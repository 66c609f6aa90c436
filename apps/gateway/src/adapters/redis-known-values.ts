import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { KeyChangeListener } from './redis-key-changes.ts'

/** Beyond this number the value that was read longest ago is dropped: a few megabytes. */
const MOST_VALUES = 20_000
/** How long a Redis that does not report changes is left alone before it is asked again. */
const RETRY_MS = 10_000
const PROBE_MS = 60_000

// The lifetime travels with the value: Redis may report that a value has expired only later.
const READ = `
local value = redis.call('get', KEYS[1])
return { value, redis.call('pttl', KEYS[1]) }`

interface Known {
  readonly value: string
  readonly expiresAt: number
}

/**
 * Values of Redis that this process has read and that have not changed since, as Redis reports it.
 *
 * | state | how it is reached | a read |
 * | --- | --- | --- |
 * | alone | at first; whenever either connection was lost, or Redis refuses to track | asks Redis |
 * | probing | both connections are there: a key is read, changed, and its change awaited | asks Redis |
 * | tracking | the change of that key was reported | asks Redis once per change of the value |
 *
 * The probe makes sure that both connections lead to the same Redis, which an address with several servers behind it
 * does not.
 */
export class RedisKnownValues implements KeyChangeListener {
  readonly #redis: Redis
  readonly #probePrefix: string
  readonly #values = new Map<string, Known>()
  /** The latest read under way of each key. Its value is kept only if the key has not changed meanwhile. */
  readonly #reads = new Map<string, symbol>()
  #receiver: number | null = null
  #probe: string | null = null
  #tracking = false
  #triedAt = Number.NEGATIVE_INFINITY

  /**
   * @param redis - the connection that reads: Redis reports the changes of what this one has read.
   * @param namespace - prefix of the probed key.
   */
  constructor(redis: Redis, namespace: string) {
    this.#redis = redis
    this.#probePrefix = `${namespace}:probe:`
    redis.on('ready', () => void this.#track())
    redis.on('close', () => this.#forget())
  }

  opened(clientId: number): void {
    this.#receiver = clientId
    void this.#track()
  }

  changed(keys: readonly string[] | null): void {
    if (keys === null) {
      this.#values.clear()
      this.#reads.clear()
    }
    for (const key of keys ?? []) {
      if (key === this.#probe) this.#tracking = true
      else this.drop(key)
    }
  }

  lost(): void {
    this.#receiver = null
    this.#forget()
  }

  /**
   * Forgets a value that this process has just changed. The report comes on another connection and may come later than
   * the answer to the change.
   */
  drop(key: string): void {
    this.#values.delete(key)
    this.#reads.delete(key)
  }

  /** Returns the value if it is known; null means that it has to be read. */
  recall(key: string): string | null {
    const known = this.#values.get(key)
    if (!known) return null
    if (known.expiresAt > performance.now()) return known.value
    this.#values.delete(key)
    return null
  }

  /** Reads a value from Redis, and keeps it when Redis will report its change. */
  async read(key: string): Promise<string | null> {
    if (!this.#tracking) {
      if (performance.now() - this.#triedAt > RETRY_MS) void this.#track()
      return await this.#redis.get(key)
    }
    const read = Symbol(key)
    this.#reads.set(key, read)
    try {
      const answers = await this.#redis.pipeline().client('CACHING', 'YES').eval(READ, 1, key).exec()
      const [tracked, [failure, answer] = [new Error('no answer'), null]] = answers ?? []
      if (failure) throw failure
      const [value, ttlMs] = answer as [string | null, number]
      if (this.#reads.get(key) === read && value !== null && ttlMs > 0 && !tracked?.[0]) this.#keep(key, value, ttlMs)
      return value
    } finally {
      if (this.#reads.get(key) === read) this.#reads.delete(key)
    }
  }

  #keep(key: string, value: string, ttlMs: number): void {
    if (this.#values.size >= MOST_VALUES) this.#values.delete(this.#values.keys().next().value ?? '')
    this.#values.set(key, { value, expiresAt: performance.now() + ttlMs })
  }

  async #track(): Promise<void> {
    this.#forget()
    const receiver = this.#receiver
    if (receiver === null || this.#redis.status !== 'ready') return
    this.#triedAt = performance.now()
    // Random, so that a report about an earlier attempt is not taken for one about this attempt.
    const probe = this.#probePrefix + randomBytes(9).toString('base64url')
    this.#probe = probe
    try {
      await this.#redis.client('TRACKING', 'ON', 'REDIRECT', receiver, 'OPTIN')
      await this.#redis.set(probe, '', 'PX', PROBE_MS)
      await this.#redis.pipeline().client('CACHING', 'YES').get(probe).exec()
      await this.#redis.del(probe)
    } catch {
      // Redis before 6, or a user that may not do this: each value is read when it is needed.
    }
  }

  #forget(): void {
    this.#tracking = false
    this.#probe = null
    this.#values.clear()
    this.#reads.clear()
  }
}
