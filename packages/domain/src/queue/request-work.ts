import { ok, type Result } from '@yardmaster/common'
import type { RunnerRefused, SearchIncomplete } from '../errors.ts'
import type { EndPorts } from '../execution/end-job.ts'
import { type ConcurrencyLimit, limitConcurrency } from '../limit-concurrency.ts'
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
import { countRequests, type RequestCounter } from './count-requests.ts'
import { giveBackJob } from './give-back-job.ts'
import { gatherJob, type HandedJob } from './hand-over-job.ts'
import { type HeldRequest, HeldRequests } from './hold-requests.ts'
import { kindOfSearch, type SharedSearches, shareSearches } from './share-searches.ts'

/** Needed for a runner that changes while it is read, or while nothing can store queue values. */
const MOST_READINGS = 3

/**
 * When a job comes, thousands of runners may poll at the same moment. Each step runs for a limited number at once, so
 * that the first gets the job immediately and other requests are not blocked. Their statements and commands are shared.
 */
const ARRIVALS_AT_ONCE = 64
const SEARCHES_AT_ONCE = 32

/** A runner's request for a job. */
export interface WorkRequest {
  readonly token: string
  /** Null or blank when the runner is too old to have one. */
  readonly systemId: string | null
  /** The queue value that the runner got last; empty when it has none. */
  readonly lastUpdate: string
  readonly info: ReportedInfo | null
  /** The features announced in `info`. */
  readonly features: Manager['features'] | null
  readonly ipAddress: string | null
  /** Accepts only jobs queued longer than this many seconds. */
  readonly jobAge: number | null
  readonly session: TerminalSession | null
  /** Whether the client has disconnected: a job must never go to it. */
  isGone(): boolean
}

/** The answer to a runner's request for a job. */
export type WorkAnswer<Payload> =
  | { readonly kind: 'job'; readonly runnerId: number; readonly handed: HandedJob; readonly payload: Payload }
  | {
      readonly kind: 'nothing'
      /** Null when no runner had to be looked up. */
      readonly runnerId: number | null
      /** The value for the next poll; null when the runner should keep the one it has. */
      readonly queueValue: string | null
      /** Whether it was answered without a search. */
      readonly cached: boolean
    }
  | { readonly kind: 'refused'; readonly error: RunnerRefused }
  /** A job that might fit was being claimed by another request, or too many were examined. */
  | { readonly kind: 'cut_short'; readonly error: SearchIncomplete }
  | { readonly kind: 'too_many'; readonly retryAfterSeconds: number }
  | { readonly kind: 'gone' }

type RequestPorts = EndPorts & Pick<Services, 'contacts' | 'policy' | 'issuer'>

/**
 * Answers the job requests that reach this process: from memory when nothing is new, after a wait when the request can
 * be held, otherwise by a search.
 *
 * @see `docs/protocol/job-request.md 2`
 */
export class WorkRequests<Payload> {
  readonly #ports: RequestPorts
  readonly #spell: (handed: HandedJob) => Payload
  readonly #held: HeldRequests
  readonly #counter: RequestCounter
  readonly #arrivals: ConcurrencyLimit = limitConcurrency(ARRIVALS_AT_ONCE)
  readonly #searches: SharedSearches = shareSearches(SEARCHES_AT_ONCE)

  /** @param spell - builds the runner's payload; when it throws, the job fails with `scheduler_failure`. */
  constructor(ports: RequestPorts, spell: (handed: HandedJob) => Payload) {
    this.#ports = ports
    this.#spell = spell
    this.#counter = countRequests(ports)
    this.#held = new HeldRequests(ports, limitConcurrency(ARRIVALS_AT_ONCE))
  }

  /**
   * Answers a request, or says that it may be held because its runner has the current queue value.
   *
   * @param canBeHeld - whether the client waits for an answer.
   */
  async answer(
    request: WorkRequest,
    canBeHeld: boolean,
  ): Promise<WorkAnswer<Payload> | { readonly kind: 'may_be_held' }> {
    const { scratch, contacts, clock, policy } = this.#ports
    const { lastUpdate, ipAddress } = request
    const caller = callerOf(request)
    const [retryAfterSeconds, value] = await Promise.all([
      this.#counter.count(caller.tokenDigest),
      lastUpdate === '' ? null : scratch.recall(queueValueKey(caller.tokenDigest)),
    ])
    if (retryAfterSeconds !== null) return { kind: 'too_many', retryAfterSeconds }
    // Only holders of the token know the value, and it vanishes with the token: a runner that sends it needs no SQL.
    if (value !== null && value === lastUpdate) {
      if (canBeHeld && policy.longPollMs > 0) return { kind: 'may_be_held' }
      if (contacts.noteCaller(caller, { at: clock.now(), ipAddress })) return nothing(null, value, true)
    }
    return await this.search(request)
  }

  /** Puts a job back into the queue whose answer could not be sent, because its client has disconnected. */
  async giveBack({ taken, jobToken }: HandedJob): Promise<void> {
    await giveBackJob(this.#ports, taken, jobToken)
  }

  /** Holds a request. @returns false if its value is out of date already, or no wake-up could be received: search. */
  hold(request: HeldRequest): Promise<boolean> {
    return this.#held.hold(request)
  }

  /** Ends all holds as `gone`, because the server stops. */
  endHolds(): void {
    this.#held.endAll()
  }

  /**
   * Authenticates the caller and searches for a job (steps 5 to 9).
   *
   * @param woken - a new queue value ended its hold: an answer without a job leaves the runner's value unchanged.
   */
  async search(request: WorkRequest, woken = false): Promise<WorkAnswer<Payload>> {
    const arrived = await this.#arrivals(() => this.#arrive(request, woken))
    // A token that was valid when the hold began was most likely just replaced by the runner itself, which would report
    // a 403 as an error. If the runner has no other, it gets 403 when it asks again (`docs/protocol/runners.md 4`).
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
      isGone: () => request.isGone(),
    }
    const claim = async () => {
      const claimed = await claimJob(this.#ports, work, async (taken, jobToken) => {
        const handed = await gatherJob(this.#ports, seen, taken, jobToken)
        return handed.ok ? ok({ handed: handed.value, payload: this.#spell(handed.value) }) : handed
      })
      return claimed.ok ? claimed.value : claimed
    }
    const claimed = await this.#searches(kindOfSearch(runner, jobAge), claim)
    if (claimed === 'gone') return { kind: 'gone' }
    // The runner keeps its value and asks again: another process may be of the release that can assign the jobs left.
    if (claimed === 'left') return nothing(runner.id, null)
    if (!claimed) return nothing(runner.id, kept)
    if ('error' in claimed) return { kind: 'cut_short', error: claimed.error }
    return { kind: 'job', runnerId: runner.id, ...claimed.payload }
  }

  /** Authenticates the caller, and returns the queue value that it will get if there is no job. */
  async #arrive(
    { token, systemId, info, ipAddress }: WorkRequest,
    woken: boolean,
  ): Promise<Result<{ seen: RunnerWithManager; value: string }, RunnerRefused>> {
    const { scratch, clock, policy } = this.#ports
    const caller = callerOf({ token, systemId })
    // A change of the runner deletes the value, and no later value is equal to it: if it is the same before and after,
    // the runner was read unchanged.
    let standing = woken ? null : await scratch.recall(queueValueKey(caller.tokenDigest))
    for (let readings = 1; ; readings++) {
      const heartbeat = { token, systemId, info, ipAddress, finishesCreation: true, asks: !woken }
      const seen = await recordHeartbeat(this.#ports, heartbeat)
      if (!seen.ok) return seen
      // Read before the search: a job that arrives meanwhile makes it out of date, and the runner comes back at once.
      const keptMs = queueValueMs(seen.value.runner.tokenExpiresAt, clock.now())
      const [value] = await Promise.all([
        standing === null
          ? currentQueueValue(this.#ports, caller.tokenDigest, keptMs)
          : this.#valueAfter(caller.tokenDigest, keptMs),
        // Stored before any of the entries gets a value for which it could be held.
        policy.longPollMs > 0 ? noteRunnerEntry({ scratch }, caller) : null,
      ])
      // A woken request gets no value, and its runner searches again when it comes back.
      if (woken || value === standing || readings === MOST_READINGS) return ok({ seen: seen.value, value })
      standing = value
    }
  }

  /** Returns the queue value of a caller that had one before; mostly it is known, and still the same. */
  async #valueAfter(tokenDigest: string, keptMs: number): Promise<string> {
    const known = await this.#ports.scratch.recall(queueValueKey(tokenDigest))
    return known ?? (await currentQueueValue(this.#ports, tokenDigest, keptMs))
  }
}

const nothing = (runnerId: number | null, queueValue: string | null, cached = false) =>
  ({ kind: 'nothing', runnerId, queueValue, cached }) as const

/** Returns a request's caller, in the form used for queue values and heartbeats. */
export const callerOf = ({ token, systemId }: Pick<WorkRequest, 'token' | 'systemId'>): Caller => ({
  tokenDigest: digestOf(token),
  systemId: systemIdOf(systemId),
})
