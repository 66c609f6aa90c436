import { Deadlines } from '../deadlines.ts'
import type { Caller } from '../runners/contacts.ts'
import { noteRunnerEntry } from '../runners/runner-entries.ts'
import type { Services } from '../services.ts'
import { queueValueKey, queueValueTopic } from '../wakeups/queue-value.ts'
import type { ConcurrencyLimit } from './limit-concurrency.ts'
import { type HoldLimit, type SharedHolds, shareHolds } from './shared-holds.ts'

/** How a hold ended: by a new queue value, because its time was over, or with the client or the server. */
export type HoldEnd = 'woken' | 'timeout' | 'gone'

/** A job request whose caller was seen to know the current queue value. */
export interface HeldRequest extends Caller {
  readonly lastUpdate: string
  readonly ipAddress: string | null
  /** It is held from now on. */
  began(hold: Hold): void
  /** It is held no longer. Called once after `began`, and must not throw. */
  ended(how: HoldEnd): void
}

type HoldPorts = Pick<Services, 'scratch' | 'events' | 'contacts' | 'policy'>

/** What all holds of a process share. */
interface HoldContext {
  readonly ports: HoldPorts
  readonly turns: ConcurrencyLimit
  readonly deadlines: Deadlines<Hold>
}

/**
 * The job requests that this process holds until there may be work. Each costs a connection and a few small objects: no
 * timer, no promise, no SQL. An unknown token has no queue value, so its request can't be held.
 *
 * @see `docs/protocol/job-request.md 4`
 */
export class HeldRequests {
  readonly #context: HoldContext
  readonly #holds: SharedHolds = shareHolds()

  /** @param turns - in which those that are woken look what is new: one job may wake thousands. */
  constructor(ports: HoldPorts, turns: ConcurrencyLimit) {
    this.#context = { ports, turns, deadlines: new Deadlines() }
  }

  /** @returns false if there is something new already, or nothing would tell of it: process the request as usual. */
  async hold(request: HeldRequest): Promise<boolean> {
    const { scratch, events, contacts, policy } = this.#context.ports
    if (policy.longPollMs <= 0) return false
    const hold = new Hold(this.#context, request)
    const topic = queueValueTopic(request.tokenDigest)
    const [listening, entries] = await Promise.all([
      events.listen(topic, hold).then(
        () => true,
        () => false,
      ),
      noteRunnerEntry({ scratch }, request, this.#holds.heardForMs(request.systemId)),
    ])
    if (!listening) return false
    // Listening first, read second: a change in between is seen by the read.
    const value = await scratch.get(queueValueKey(request.tokenDigest)).catch(() => null)
    if (value !== request.lastUpdate) {
      events.unlisten(topic, hold)
      return false
    }
    hold.begin(contacts.hold(request, request.ipAddress), this.#holds.enter(request, entries, policy.longPollMs))
    return true
  }

  /** The server stops: all that are held are `gone`. */
  endAll(): void {
    for (const hold of [...this.#context.deadlines]) hold.leave()
  }
}

/**
 * One held request. There are thousands, so it is its own listener and its own entry among the deadlines.
 *
 * | state | an event | time is over | the client leaves |
 * | --- | --- | --- | --- |
 * | beginning | noted | – | – |
 * | waiting | looking | ended, `timeout` | ended, `gone` |
 * | looking what is new | noted: looks again | noted: ended after the look, if nothing is new | ended, `gone` |
 * | ended | – | – | – |
 */
export class Hold {
  readonly #context: HoldContext
  readonly #request: HeldRequest
  #state: 'beginning' | 'waiting' | 'looking' | 'ended' = 'beginning'
  #noted = false
  #late = false
  #ms = 0
  #contact: Disposable | null = null
  /** Of a request that may have to make room for others. */
  #stay: HoldLimit | null = null

  constructor(context: HoldContext, request: HeldRequest) {
    this.#context = context
    this.#request = request
  }

  begin(contact: Disposable, stay: HoldLimit): void {
    this.#contact = contact
    this.#ms = stay.ms
    if (stay.over) {
      this.#stay = stay
      stay.over.addEventListener('abort', this)
    }
    this.#context.deadlines.add(this, stay.ms)
    this.#state = 'waiting'
    this.#request.began(this)
    if (this.#noted) this.wake()
  }

  /** There may be something new. */
  wake(): void {
    if (this.#state !== 'waiting') {
      this.#noted = true
      return
    }
    this.#state = 'looking'
    void this.#look()
  }

  expire(): void {
    if (this.#state === 'looking') this.#late = true
    else this.#end('timeout')
  }

  /** Other entries of its process need the worker. */
  handleEvent(): void {
    this.expire()
  }

  leave(): void {
    this.#end('gone')
  }

  async #look(): Promise<void> {
    const { scratch } = this.#context.ports
    const { tokenDigest, lastUpdate } = this.#request
    do {
      this.#noted = false
      // Values may vanish; one that can't be read has.
      const value = await this.#context.turns(() => scratch.get(queueValueKey(tokenDigest))).catch(() => null)
      if (value !== lastUpdate) return this.#end('woken')
    } while (this.#noted && !this.#late)
    if (this.#state === 'ended') return
    this.#state = 'waiting'
    if (this.#late) this.#end('timeout')
  }

  #end(how: HoldEnd): void {
    if (this.#state === 'ended' || this.#state === 'beginning') return
    this.#state = 'ended'
    const { deadlines, ports } = this.#context
    deadlines.delete(this, this.#ms)
    ports.events.unlisten(queueValueTopic(this.#request.tokenDigest), this)
    this.#contact?.[Symbol.dispose]()
    this.#stay?.over?.removeEventListener('abort', this)
    this.#stay?.[Symbol.dispose]()
    this.#request.ended(how)
  }
}
