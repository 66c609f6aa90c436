import type { JobScope, Ports } from '../ports.ts'
import { decodeScope } from '../wakeups/job-scope.ts'

/** Requests woken for one job: the first may be of a client that just left, or find its runner busy with another job. */
const SPARE = 3
/** How long those that are awake have for taking the job before more are woken. */
const PATIENCE_MS = 25
/** Most requests remembered for each kind of job. */
const MOST_REMEMBERED = 512
/** Most waiting jobs that are counted. */
const MOST_COUNTED = 512

/** A held request. */
export interface Sleeper {
  /** Grows with the time at which it began to wait. */
  readonly since: number
  /** False once it is woken or has left. */
  readonly isWaiting: boolean
  /** Wakes it if there is something new for it. */
  look(): void
}

/** The requests that jobs of one kind concern. */
interface Crowd {
  readonly scope: JobScope
  readonly members: Set<Sleeper>
  /** Whether there are more than are remembered. */
  hasMore: boolean
  /** Whether there was a wake-up since the jobs were last counted: its job may not be among them. */
  hasNews: boolean
}

/**
 * Wakes the requests that a new job concerns in turn: as many as there are jobs and a few more, those first that have
 * waited longest. Others follow, twice as many each time, while jobs are left. So a job for which thousands wait costs a
 * few searches, and one that the first ones can't take is offered to all of them within a second.
 *
 * A request that is not woken goes on waiting; its queue value has changed, so its runner searches when it comes back.
 */
export class WakeInTurn {
  readonly #jobs: Pick<Ports['jobs'], 'countQueued'>
  readonly #all: () => Iterable<Sleeper>
  readonly #crowds = new Map<string, Crowd>()

  /** @param all - returns all held requests, for jobs that concern more than are remembered. */
  constructor(jobs: Pick<Ports['jobs'], 'countQueued'>, all: () => Iterable<Sleeper>) {
    this.#jobs = jobs
    this.#all = all
  }

  /** @param hint - what came with the wake-up: which jobs, as `tickForJob` says it; absent for other changes. */
  wake(sleeper: Sleeper, hint: string | undefined): void {
    const known = hint === undefined ? undefined : this.#crowds.get(hint)
    if (known) {
      known.hasNews = true
      if (known.members.size < MOST_REMEMBERED) known.members.add(sleeper)
      else known.hasMore = true
      return
    }
    const scope = hint === undefined ? null : decodeScope(hint)
    if (hint === undefined || scope === null) {
      sleeper.look()
      return
    }
    const crowd: Crowd = { scope, members: new Set([sleeper]), hasMore: false, hasNews: false }
    this.#crowds.set(hint, crowd)
    // A wake-up reaches all of them in the same turn of the event loop, or in a few.
    setImmediate(() => void this.#serve(hint, crowd))
  }

  /** Never rejects. */
  async #serve(hint: string, crowd: Crowd): Promise<void> {
    let count = 1 + SPARE
    for (;;) {
      for (const sleeper of longestWaiting(crowd.members, count)) {
        crowd.members.delete(sleeper)
        sleeper.look()
      }
      await pause(PATIENCE_MS)
      crowd.hasNews = false
      // When they can't be counted, there may be some.
      const left = await this.#jobs.countQueued(crowd.scope, MOST_COUNTED).catch(() => MOST_COUNTED)
      if ((left === 0 && !crowd.hasNews) || (crowd.members.size === 0 && !crowd.hasMore)) break
      if (crowd.members.size === 0) {
        for (const sleeper of this.#all()) sleeper.look()
        break
      }
      count = Math.max(2 * count, left + SPARE)
    }
    this.#crowds.delete(hint)
  }
}

/** Returns so many of those that still wait, and forgets the others that do not. */
function longestWaiting(members: Set<Sleeper>, count: number): Sleeper[] {
  for (const sleeper of members) if (!sleeper.isWaiting) members.delete(sleeper)
  return [...members].sort((one, other) => one.since - other.since).slice(0, count)
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
