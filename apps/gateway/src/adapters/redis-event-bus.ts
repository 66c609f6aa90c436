import { randomBytes } from 'node:crypto'
import type { EventBus, Subscription, TopicListener } from '@yardmaster/domain/ports'
import type { Redis } from 'ioredis'
import { HINT_LIMIT_BYTES, LocalTopics, type Subscriber } from './local-topics.ts'
import { connectRedis, firstContact, type Log, type RedisConnection, reasonOf } from './redis-connection.ts'
import { KEY_CHANGES, type KeyChangeListener, type KeyChanges, readKeyChanges } from './redis-key-changes.ts'

/** Channels per command when all of them are subscribed again. */
const CHANNELS_PER_COMMAND = 1_000

/**
 * Events for all gateway processes. Subscribers of this process are woken directly; Redis carries the event to the
 * other processes, and this process ignores its own events by their origin.
 *
 * | state | `healthy` | `subscribe` | `publish` |
 * | --- | --- | --- | --- |
 * | both connections up, all topics subscribed | true | resolves | here and elsewhere |
 * | publisher connection down | false | resolves | here |
 * | subscriber connection down, or subscribing again | false | rejects | here, elsewhere as far as it works |
 * | closed | false | rejects | nothing |
 *
 * Events may have been lost whenever the state changes, so every subscriber is then woken.
 */
export class RedisEventBus implements EventBus, KeyChanges, AsyncDisposable {
  readonly #publisher: RedisConnection
  readonly #subscriber: RedisConnection
  readonly #topics = new LocalTopics((topic) => this.#leave(topic))
  /** Topics subscribed on the current connection, for as long as this process has subscribers for them. */
  readonly #joined = new Map<string, Promise<unknown>>()
  /** Contains the number of the database, because Redis does not separate events by database. */
  readonly #prefix: string
  readonly #origin = randomBytes(9).toString('base64url')
  /** Whether subscribers receive every event that reaches Redis. */
  #receiving = false
  #subscribing: Promise<void> | null = null
  #closed = false
  #keyChanges: KeyChangeListener | null = null
  /** The `CLIENT ID` of the connection that receives key changes; null while none does. */
  #receiver: number | null = null

  private constructor(url: string, log: Log, namespace: string) {
    this.#publisher = connectRedis(url, 'publishing events', log)
    // The client library passes reports of changed keys on only as messages, which RESP3 does not send for them.
    this.#subscriber = connectRedis(url, 'receiving events', log, 2)
    const { redis } = this.#subscriber
    this.#prefix = `${namespace}:${redis.options.db ?? 0}:`
    redis.on('messageBuffer', (channel: Buffer, message: Buffer) => this.#receive(channel.toString(), message))
    redis.on('ready', () => {
      this.#subscribing = this.#resubscribe()
    })
    redis.on('close', () => this.#lose())
  }

  /**
   * Resolves even when Redis can't be reached; `healthy` is then false until it can.
   *
   * @param url - `redis://` or `rediss://`, with database number and password if needed.
   * @param log - called once per outage, and once when it is over.
   * @param namespace - prefix of every channel: two Yardmasters may share a Redis, but not their events.
   */
  static async open(url: string, log: Log, namespace = 'yardmaster'): Promise<RedisEventBus> {
    const bus = new RedisEventBus(url, log, namespace)
    await Promise.all([firstContact(bus.#publisher), firstContact(bus.#subscriber)])
    await bus.#subscribing
    return bus
  }

  get healthy(): boolean {
    return this.#receiving && this.#publisher.redis.status === 'ready'
  }

  /** Does not wait for Redis: callers have requests to answer and no use for the outcome. */
  async publish(topic: string, hint?: string): Promise<void> {
    if (this.#closed) return
    this.#topics.wake(topic, hint)
    const { redis, outage } = this.#publisher
    if (redis.status !== 'ready') return
    redis.publish(this.#prefix + topic, encode(this.#origin, hint)).then(
      () => outage.end(),
      (error) => outage.begin(reasonOf(error)),
    )
  }

  async subscribe(topic: string): Promise<Subscription> {
    const subscription = this.#topics.open(topic)
    await this.#add(topic, subscription)
    return subscription
  }

  async listen(topic: string, listener: TopicListener): Promise<void> {
    await this.#add(topic, listener)
  }

  unlisten(topic: string, listener: TopicListener): void {
    this.#topics.remove(topic, listener)
  }

  reportKeyChanges(listener: KeyChangeListener): void {
    this.#keyChanges = listener
    if (this.#receiver !== null) listener.opened(this.#receiver)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#receiving = false
    this.#topics.wakeAll()
    await Promise.all([this.#publisher.close(), this.#subscriber.close()])
  }

  async #add(topic: string, subscriber: Subscriber): Promise<void> {
    if (this.#closed) throw new Error('The event bus is closed')
    if (!this.#receiving) throw new Error('Redis is away: events may be lost')
    // Added first, so that the topic stays subscribed if its last other subscriber leaves meanwhile.
    this.#topics.add(topic, subscriber)
    try {
      await this.#join(topic)
    } catch (error) {
      this.#topics.remove(topic, subscriber)
      throw error
    }
  }

  #join(topic: string): Promise<unknown> {
    const joined = this.#joined.get(topic)
    if (joined) return joined
    const joining: Promise<unknown> = this.#subscriber.redis.subscribe(this.#prefix + topic).catch((error) => {
      if (this.#joined.get(topic) === joining) this.#joined.delete(topic)
      throw error
    })
    this.#joined.set(topic, joining)
    return joining
  }

  /** Commands keep their order on one connection, so a topic that is joined again at once ends up subscribed. */
  #leave(topic: string): void {
    this.#joined.delete(topic)
    if (this.#receiving) this.#subscriber.redis.unsubscribe(this.#prefix + topic).catch(() => {})
  }

  #receive(channel: string, message: Buffer): void {
    if (channel === KEY_CHANGES) {
      this.#keyChanges?.changed(readKeyChanges(message))
      return
    }
    const { origin, hint } = decode(message.toString())
    if (origin !== this.#origin) this.#topics.wake(channel.slice(this.#prefix.length), hint)
  }

  /** Subscribes to all topics again. No subscriber is added meanwhile; topics left meanwhile are removed at the end. */
  async #resubscribe(): Promise<void> {
    const { redis } = this.#subscriber
    const topics = [...this.#topics.topics()]
    const receiver = await receiveKeyChanges(redis)
    try {
      for (let at = 0; at < topics.length; at += CHANNELS_PER_COMMAND) {
        const some = topics.slice(at, at + CHANNELS_PER_COMMAND)
        const joining = redis.subscribe(...some.map((topic) => this.#prefix + topic))
        for (const topic of some) this.#joined.set(topic, joining)
        await joining
      }
    } catch {
      // A broken connection is replaced anyway; this also replaces one that only failed to answer.
      if (redis.status === 'ready') redis.disconnect(true)
      return
    }
    if (this.#closed || redis.status !== 'ready') return
    this.#receiving = true
    this.#receiver = receiver
    if (receiver !== null) this.#keyChanges?.opened(receiver)
    for (const topic of topics) if (!this.#topics.has(topic)) this.#leave(topic)
    this.#topics.wakeAll()
  }

  #lose(): void {
    const before = this.#receiving
    this.#receiving = false
    this.#joined.clear()
    this.#receiver = null
    this.#keyChanges?.lost()
    if (before) this.#topics.wakeAll()
  }
}

/** Returns the connection's `CLIENT ID`; null when it can't receive key changes. To be called before it subscribes. */
async function receiveKeyChanges(redis: Redis): Promise<number | null> {
  try {
    const id = await redis.client('ID')
    await redis.subscribe(KEY_CHANGES)
    return id
  } catch {
    // Not allowed to this user. Events do not depend on it.
    return null
  }
}

/** Returns the origin, followed by a space and the hint if there is one. */
const encode = (origin: string, hint: string | undefined): string =>
  hint === undefined || Buffer.byteLength(hint) > HINT_LIMIT_BYTES ? origin : `${origin} ${hint}`

function decode(message: string): { origin: string; hint: string | undefined } {
  const space = message.indexOf(' ')
  if (space === -1) return { origin: message, hint: undefined }
  return { origin: message.slice(0, space), hint: message.slice(space + 1) }
}
