import { Deadlines } from '../deadlines.ts'
import type { ConcurrencyLimit } from '../limit-concurrency.ts'
import type { Caller } from '../runners/contacts.ts'
import { noteRunnerEntry } from '../runners/runner-entries.ts'
import type { Services } from '../services.ts'
import { queueValueKey, queueValueTopic } from '../wakeups/queue-value.ts'
import { type HoldLimit, type SharedHolds, shareHolds } from './shared-holds.ts'
import { type Sleeper, WakeInTurn } from './wake-in-turn.ts'

/** Why a hold ended: a new queue value, its time was over, or the client or the server went away. */
export type HoldEnd = 'woken' | 'timeout' | 'gone'

/** A job request whose caller has shown the current queue value. */
export interface HeldRequest extends Caller {
  readonly lastUpdate: string
  readonly ipAddress: string | null
  /** Called when the request begins to be held. */
  began(hold: Hold): void
  /** Called once after `began`, when the request is no longer held. Must not throw. */
  ended(how: HoldEnd): void
}

type HoldPorts = Pick<Services, 'scratch' | 'events' | 'contacts' | 'policy' | 'jobs'>

/** The number of holds that this process has begun. */
let begun = 0

/** State shared by all holds of a process. */
interface HoldContext {
  readonly ports: HoldPorts
  readonly turns: ConcurrencyLimit
  readonly deadlines: Deadlines<Hold>
  readonly wakeUps: WakeInTurn
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

  /** @param turns - limits how many woken requests read their queue value at once: one job may wake thousands. */
  constructor(ports: HoldPorts, turns: ConcurrencyLimit) {
    const deadlines = new Deadlines<Hold>()
    this.#context = { ports, turns, deadlines, wakeUps: new WakeInTurn(ports.jobs, () => [...deadlines]) }
  }

  /**
   * @returns false if the value is out of date already, or no wake-up could be received: process the request as usual.
   */
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
    // Listens first, reads second: a change in between is seen by the read, or its event comes after the read.
    const value = await scratch.recall(queueValueKey(request.tokenDigest)).catch(() => null)
    if (value !== request.lastUpdate) {
      events.unlisten(topic, hold)
      return false
    }
    hold.begin(contacts.hold(request, request.ipAddress), this.#holds.enter(request, entries, policy.longPollMs))
    return true
  }

  /** Ends all holds as `gone`, because the server stops. */
  endAll(): void {
    for (const hold of [...this.#context.deadlines]) hold.leave()
  }
}

/**
 * One held request. There may be thousands, so it is its own listener and its own entry in the deadlines.
 *
 * | state | an event | time is over | the client disconnects |
 * | --- | --- | --- | --- |
 * | beginning | noted | – | – |
 * | waiting | looking, in its turn | ended, `timeout` | ended, `gone` |
 * | looking for a new value | noted: looks again | noted: ended after the look, if nothing is new | ended, `gone` |
 * | ended | – | – | – |
 */
export class Hold implements Sleeper {
  readonly #context: HoldContext
  readonly #request: HeldRequest
  #state: 'beginning' | 'waiting' | 'looking' | 'ended' = 'beginning'
  #noted = false
  #since = 0
  #late = false
  #ms = 0
  #contact: Disposable | null = null
  /** Set when the request may have to make room for others. */
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
    this.#since = ++begun
    this.#request.began(this)
    if (this.#noted) this.look()
  }

  get since(): number {
    return this.#since
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting'
  }

  /** Called when the queue value may have changed. */
  wake(hint?: string): void {
    if (this.#state === 'waiting') this.#context.wakeUps.wake(this, hint)
    else this.#noted = true
  }

  look(): void {
    if (this.#state !== 'waiting') return
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
      // Values may vanish. A value that can't be read counts as vanished.
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
