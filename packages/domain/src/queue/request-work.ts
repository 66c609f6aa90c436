import { ok, type Result } from '@yardmaster/common'
import type { RunnerRefused, SearchIncomplete } from '../errors.ts'
import type { EndPorts } from '../execution/end-job.ts'
import type { TerminalSession } from '../ports.ts'
import type { Caller } from '../runners/contacts.ts'
import { matchedFeatures } from '../runners/features.ts'
import type { ReportedInfo } from '../runners/manager-details.ts'
import { type RunnerWithManager, recordHeartbeat, systemIdOf } from '../runners/record-heartbeat.ts'
import type { Manager } from '../runners/runner.ts'
import { noteRunnerEntry } from '../runners/runner-entries.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { currentQueueValue, queueValueKey, queueValueMs } from '../wakeups/queue-value.ts'
import { claimJob } from './claim-job.ts'
import { gatherJob, type HandedJob } from './hand-over-job.ts'
import { type HeldRequest, HeldRequests } from './hold-requests.ts'
import { type ConcurrencyLimit, limitConcurrency } from './limit-concurrency.ts'
import { kindOfSearch, type SharedSearches, shareSearches } from './share-searches.ts'

const MINUTE_MS = 60_000
/** Of a runner that changes while it is read, or whose values vanish because nothing keeps them now. */
const MOST_READINGS = 3

/**
 * When a job comes, thousands may ask at the same moment. Each step takes them in turns, so that the first of them has it
 * at once and everything else goes on beside them: few where there are ten connections, more where they travel together.
 */
const ARRIVALS_AT_ONCE = 64
const SEARCHES_AT_ONCE = 6

/** A runner that asks for a job. */
export interface WorkRequest {
  readonly token: string
  /** Null or blank: the runner is too old to have one. */
  readonly systemId: string | null
  /** The queue value that it was told last; empty when it knows none. */
  readonly lastUpdate: string
  readonly info: ReportedInfo | null
  /** Of `info`, what it can do. */
  readonly features: Manager['features'] | null
  readonly ipAddress: string | null
  /** Only jobs queued longer than this many seconds. */
  readonly jobAge: number | null
  readonly session: TerminalSession | null
  /** The client is there no longer: a job must never go to it. */
  isGone(): boolean
}

/** What is said to a runner that asked for a job. */
export type WorkAnswer<Payload> =
  | { readonly kind: 'job'; readonly runnerId: number; readonly handed: HandedJob; readonly payload: Payload }
  | {
      readonly kind: 'nothing'
      /** Null when the runner did not have to be looked up. */
      readonly runnerId: number | null
      /** To come back with; null when the runner shall keep the one it has. */
      readonly queueValue: string | null
      /** Nothing had to be searched. */
      readonly cached: boolean
    }
  | { readonly kind: 'refused'; readonly error: RunnerRefused }
  /** Something that might fit was being taken by another request, or too much was examined. */
  | { readonly kind: 'cut_short'; readonly error: SearchIncomplete }
  | { readonly kind: 'too_many'; readonly retryAfterSeconds: number }
  | { readonly kind: 'gone' }

type RequestPorts = EndPorts & Pick<Services, 'artifacts' | 'contacts' | 'policy'>

/**
 * Answers the runners that ask this process for jobs: from memory where nothing is new, after a wait where the runner
 * can be held, else by a search.
 *
 * @see `docs/protocol/job-request.md 2`
 */
export class WorkRequests<Payload> {
  readonly #ports: RequestPorts
  readonly #spell: (handed: HandedJob) => Payload
  readonly #held: HeldRequests
  readonly #arrivals: ConcurrencyLimit = limitConcurrency(ARRIVALS_AT_ONCE)
  readonly #searchTurns: ConcurrencyLimit = limitConcurrency(SEARCHES_AT_ONCE)
  readonly #searches: SharedSearches = shareSearches(SEARCHES_AT_ONCE)

  /** @param spell - makes the runner's payload; when it throws, the job fails with `scheduler_failure`. */
  constructor(ports: RequestPorts, spell: (handed: HandedJob) => Payload) {
    this.#ports = ports
    this.#spell = spell
    this.#held = new HeldRequests(ports, limitConcurrency(ARRIVALS_AT_ONCE))
  }

  /**
   * Answers a request, or says that it may be held because its runner knows the current queue value.
   *
   * @param canBeHeld - its client waits for an answer.
   */
  async answer(
    request: WorkRequest,
    canBeHeld: boolean,
  ): Promise<WorkAnswer<Payload> | { readonly kind: 'may_be_held' }> {
    const { scratch, contacts, clock, policy } = this.#ports
    const { lastUpdate, ipAddress } = request
    const caller = callerOf(request)
    const [requests, value] = await Promise.all([
      this.#count(caller),
      lastUpdate === '' ? null : scratch.get(queueValueKey(caller.tokenDigest)),
    ])
    if (policy.jobRequestsPerMinute > 0 && requests > policy.jobRequestsPerMinute) {
      const passedMs = clock.now().getTime() % MINUTE_MS
      return { kind: 'too_many', retryAfterSeconds: Math.ceil((MINUTE_MS - passedMs) / 1000) }
    }
    // The value is a secret of those who hold the token, and it dies with the token: a runner that knows it needs no SQL.
    if (value !== null && value === lastUpdate) {
      if (canBeHeld && policy.longPollMs > 0) return { kind: 'may_be_held' }
      if (contacts.noteCaller(caller, { at: clock.now(), ipAddress })) return nothing(null, value, true)
    }
    return await this.search(request)
  }

  /** Holds a request. @returns false if there is something new already, or nothing would tell of it: search. */
  hold(request: HeldRequest): Promise<boolean> {
    return this.#held.hold(request)
  }

  /** The server stops: all that are held are `gone`. */
  endHolds(): void {
    this.#held.endAll()
  }

  /**
   * Finds out who asks and searches for a job (steps 5 to 9).
   *
   * @param woken - it was held until a new queue value woke it: an answer without a job keeps the runner's value as it is.
   */
  async search(request: WorkRequest, woken = false): Promise<WorkAnswer<Payload>> {
    const arrived = await this.#arrivals(() => this.#arrive(request, woken))
    // A token that was good when the hold began was most likely just replaced by the runner itself, which would report
    // 403 as an error. If it has no other, it hears 403 when it asks again (`docs/protocol/runners.md 4`).
    if (!arrived.ok) return woken ? nothing(null, null) : { kind: 'refused', error: arrived.error }
    const { seen, value } = arrived.value
    const { runner, manager } = seen
    const kept = woken ? null : value
    if (runner.paused) return nothing(runner.id, kept)
    if (request.lastUpdate !== '' && request.lastUpdate === value && !woken) return nothing(runner.id, value, true)

    const { jobAge, session } = request
    const work = {
      runner,
      managerId: manager.id,
      features: matchedFeatures(request.features),
      jobAge,
      session,
      answersHold: woken,
    }
    const claim = async () => {
      if (request.isGone()) return 'gone'
      const claimed = await claimJob(this.#ports, work, async (taken, jobToken) => {
        const handed = await gatherJob(this.#ports, seen, taken, jobToken)
        return { handed, payload: this.#spell(handed) }
      })
      return claimed.ok ? claimed.value : claimed
    }
    const claimed = await this.#searches(kindOfSearch(runner, jobAge), () => this.#searchTurns(claim))
    if (claimed === 'gone') return { kind: 'gone' }
    // It keeps the value it has and asks again: another process may be of the release that can hand out what is left.
    if (claimed === 'left') return nothing(runner.id, null)
    if (!claimed) return nothing(runner.id, kept)
    if ('error' in claimed) return { kind: 'cut_short', error: claimed.error }
    return { kind: 'job', runnerId: runner.id, ...claimed.payload }
  }

  /** Who asks, and the queue value it will know if it gets nothing. */
  async #arrive(
    { token, systemId, info, ipAddress }: WorkRequest,
    woken: boolean,
  ): Promise<Result<{ seen: RunnerWithManager; value: string }, RunnerRefused>> {
    const { scratch, clock, policy } = this.#ports
    const caller = callerOf({ token, systemId })
    // A change of the runner removes the value: with one that stands before and after it was read, it was read as it is.
    let standing = woken ? null : await scratch.get(queueValueKey(caller.tokenDigest))
    for (let readings = 1; ; readings++) {
      const heartbeat = { token, systemId, info, ipAddress, finishesCreation: true, asks: !woken }
      const seen = await recordHeartbeat(this.#ports, heartbeat)
      if (!seen.ok) return seen
      // Read before the search: a job that arrives meanwhile makes it out of date, and the runner comes back at once.
      const keptMs = queueValueMs(seen.value.runner.tokenExpiresAt, clock.now())
      const [value] = await Promise.all([
        currentQueueValue(this.#ports, caller.tokenDigest, keptMs),
        // Known before any of them knows a value it could be held for.
        policy.longPollMs > 0 ? noteRunnerEntry({ scratch }, caller) : null,
      ])
      // A woken one is told no value, and searches again when it comes back.
      if (woken || value === standing || readings === MOST_READINGS) return ok({ seen: seen.value, value })
      standing = value
    }
  }

  /** Counts the requests of this token in the present minute (`docs/protocol/common.md 11`). */
  async #count({ tokenDigest }: Caller): Promise<number> {
    const { policy, clock, scratch } = this.#ports
    if (policy.jobRequestsPerMinute === 0) return 0
    const minute = Math.floor(clock.now().getTime() / MINUTE_MS)
    return await scratch.increment(`requests:${tokenDigest}:${minute}`, MINUTE_MS)
  }
}

const nothing = (runnerId: number | null, queueValue: string | null, cached = false) =>
  ({ kind: 'nothing', runnerId, queueValue, cached }) as const

/** A request's caller, as values and heartbeats know it. */
export const callerOf = ({ token, systemId }: Pick<WorkRequest, 'token' | 'systemId'>): Caller => ({
  tokenDigest: digestOf(token),
  systemId: systemIdOf(systemId),
})
