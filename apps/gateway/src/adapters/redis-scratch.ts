import type { Scratch } from '@yardmaster/domain/ports'
import { MOST_MEMBERS } from './memory-sets.ts'
import { connectRedis, firstContact, type Log, type RedisConnection, reasonOf } from './redis-connection.ts'
import type { KeyChanges } from './redis-key-changes.ts'
import { RedisKnownValues } from './redis-known-values.ts'

// A script, because `SET … NX GET` needs Redis 7.
const SET_IF_ABSENT = `
if redis.call('set', KEYS[1], ARGV[1], 'nx', 'px', ARGV[2]) then return ARGV[1] end
return redis.call('get', KEYS[1])`

// `pcall`, because a stored value that is not a number is no reason to report Redis as away.
const INCREMENT = `
local count = redis.pcall('incrby', KEYS[1], ARGV[2])
if type(count) ~= 'number' then return tonumber(ARGV[2]) end
if count == tonumber(ARGV[2]) then redis.call('pexpire', KEYS[1], ARGV[1]) end
return count`

// Uses the clock of Redis, which all processes share.
const ADD_MEMBER = `
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
-- To the microsecond, so that the oldest members can be distinguished.
redis.call('zadd', KEYS[1], string.format('%.3f', now + ARGV[2]), ARGV[1])
redis.call('zremrangebyscore', KEYS[1], '-inf', string.format('%.3f', now))
redis.call('zremrangebyrank', KEYS[1], 0, -1 - ARGV[3])
redis.call('pexpire', KEYS[1], ARGV[2])
return redis.call('zcount', KEYS[1], string.format('%.3f', now + ARGV[2] - ARGV[4]), '+inf')`

/** Short-lived values that all gateway processes share. Without Redis it has no values and refuses nothing. */
export class RedisScratch implements Scratch, AsyncDisposable {
  readonly #connection: RedisConnection

  readonly #known: RedisKnownValues

  readonly #namespace: string

  private constructor(connection: RedisConnection, namespace: string) {
    this.#connection = connection
    this.#known = new RedisKnownValues(connection.redis, namespace)
    this.#namespace = namespace
  }

  /**
   * Resolves even when Redis can't be reached.
   *
   * @param url - `redis://` or `rediss://`, with database number and password if needed.
   * @param log - called once per outage, and once when it is over.
   * @param namespace - prefix of every key: several Yardmasters and other programs may share a Redis.
   * @param changes - reports changes of this Redis; without it every `recall` asks Redis.
   */
  static async open(
    url: string,
    log: Log,
    namespace = 'yardmaster',
    changes: KeyChanges | null = null,
  ): Promise<RedisScratch> {
    const connection = connectRedis(url, 'short-lived values', log)
    const scratch = new RedisScratch(connection, namespace)
    changes?.reportKeyChanges(scratch.#known)
    await firstContact(connection)
    return scratch
  }

  get(key: string): Promise<string | null> {
    return this.#attempt(null, (redis) => redis.get(this.#keyed(key)))
  }

  async recall(key: string): Promise<string | null> {
    const name = this.#keyed(key)
    return this.#known.recall(name) ?? (await this.#attempt(null, () => this.#known.read(name)))
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    const name = this.#keyed(key)
    await this.#attempt(null, (redis) => redis.set(name, value, 'PX', lifetime(ttlMs)))
    this.#known.drop(name)
  }

  setIfAbsent(key: string, value: string, ttlMs: number): Promise<string> {
    return this.#attempt(value, async (redis) => {
      return String(await redis.eval(SET_IF_ABSENT, 1, this.#keyed(key), value, lifetime(ttlMs)))
    })
  }

  async delete(key: string): Promise<void> {
    const name = this.#keyed(key)
    await this.#attempt(null, (redis) => redis.del(name))
    this.#known.drop(name)
  }

  increment(key: string, ttlMs: number, by = 1): Promise<number> {
    return this.#attempt(by, async (redis) =>
      Number(await redis.eval(INCREMENT, 1, this.#keyed(key), lifetime(ttlMs), by)),
    )
  }

  addMember(key: string, member: string, ttlMs: number, withinMs: number): Promise<number> {
    return this.#attempt(1, async (redis) =>
      Number(
        await redis.eval(ADD_MEMBER, 1, this.#keyed(key), member, lifetime(ttlMs), MOST_MEMBERS, Math.ceil(withinMs)),
      ),
    )
  }

  async removeMember(key: string, member: string): Promise<void> {
    await this.#attempt(null, (redis) => redis.zrem(this.#keyed(key), member))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.close()
  }

  #keyed(key: string): string {
    return `${this.#namespace}:${key}`
  }

  async #attempt<T>(otherwise: T, command: (redis: RedisConnection['redis']) => Promise<T>): Promise<T> {
    const { redis, outage } = this.#connection
    try {
      const answer = await command(redis)
      outage.end()
      return answer
    } catch (error) {
      outage.begin(reasonOf(error))
      return otherwise
    }
  }
}

/** Rounds up to whole milliseconds, at least 1, as Redis requires. */
const lifetime = (ttlMs: number): number => Math.max(1, Math.ceil(ttlMs))
