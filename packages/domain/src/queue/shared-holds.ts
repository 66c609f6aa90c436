/** How long a job request may be held. */
export interface HoldLimit extends Disposable {
  /** The longest time, in milliseconds. */
  readonly ms: number
  /** Aborts when the request has to make room for other entries of its process; null when it never has to. */
  readonly over: AbortSignal | null
}

export interface SharedHolds {
  /**
   * Returns for how many milliseconds every entry of this process has had the chance to poll: an entry that did not
   * poll in this time no longer exists. Undefined while this is unknown.
   */
  heardForMs(systemId: string): number | undefined
  /**
   * Registers a request of a runner process that is about to be held for up to `longPollMs`.
   *
   * @param entries - the number of `[[runners]]` entries that the process polls for, including this one.
   */
  enter(of: { systemId: string; tokenDigest: string }, entries: number, longPollMs: number): HoldLimit
}

/**
 * How long a request waits for those of all other entries of its process. Longer than the client's default
 * `check_interval` (3 s), within which each entry is offered to a free worker.
 */
const TOGETHER_MS = 4_000
/**
 * The total length of the holds of a process that is assumed to have fewer workers than entries. Shorter than that
 * `check_interval`: a worker is free again before the next entry is due, so no entry waits longer than without holds.
 */
const APART_HOLDS_MS = 2_000
/** How long this assumption lasts; doubled each time it proves right. */
const APART_MS = 30_000
const MOST_APART_MS = 3_600_000
/** A process with a free worker polls more often than this, whatever else it does. */
const PAUSE_MS = 5_000
const MOST_PROCESSES = 10_000

const UNSHARED = { over: null, [Symbol.dispose]: () => undefined }

/** One runner process, by its `system_id`. */
interface Process {
  entries: number
  /** The number of held requests, by token. */
  readonly held: Map<string, number>
  /** Until when its requests are held briefly, and for how long the next time. */
  apartUntil: number
  apartMs: number
  parting: NodeJS.Timeout | null
  leaving: AbortController
  /** Since when it has been polling without a pause and without a missing entry. */
  askingSince: number
  lastHeard: number
}

/**
 * Entries of one runner process share its workers, and a held request occupies one. When requests of all entries are
 * held at the same time, there are enough workers, and they stay held. When one entry is missing for longer than it
 * takes to poll, all others make room, and holds are brief for a while.
 *
 * Covers the requests to one gateway process; a runner process that polls several is held briefly.
 *
 * @see `docs/protocol/client.md 15`
 */
export function shareHolds(now: () => number = () => performance.now()): SharedHolds {
  const processes = new Map<string, Process>()

  function processOf(systemId: string): Process {
    const known = processes.get(systemId)
    if (known) return known
    if (processes.size >= MOST_PROCESSES) forgetOne()
    const made: Process = {
      entries: 0,
      held: new Map(),
      apartUntil: 0,
      apartMs: APART_MS,
      parting: null,
      leaving: new AbortController(),
      askingSince: now(),
      lastHeard: now(),
    }
    processes.set(systemId, made)
    return made
  }

  function forgetOne(): void {
    for (const [systemId, { held }] of processes) {
      if (held.size > 0) continue
      processes.delete(systemId)
      return
    }
  }

  function part(process: Process): void {
    process.parting = null
    process.askingSince = now()
    process.apartUntil = now() + process.apartMs
    process.apartMs = Math.min(2 * process.apartMs, MOST_APART_MS)
    const { leaving } = process
    process.leaving = new AbortController()
    leaving.abort()
  }

  /** After a pause all its workers may have been busy: then a missing poll proves nothing. */
  function hear(process: Process): void {
    const at = now()
    if (process.held.size === 0 && at - process.lastHeard > PAUSE_MS) process.askingSince = at
    process.lastHeard = at
  }

  /** Findings for one number of entries do not carry over to another. */
  function count(process: Process, entries: number): void {
    if (entries === process.entries) return
    process.entries = entries
    process.apartMs = APART_MS
    process.apartUntil = Math.min(process.apartUntil, now() + APART_MS)
  }

  /** Call after each change of the held requests. */
  function settle(process: Process): void {
    const { held, entries, parting } = process
    const isTogether = held.size >= entries
    if (isTogether) process.apartMs = APART_MS
    if (isTogether || held.size === 0) {
      if (parting) clearTimeout(parting)
      process.parting = null
    } else if (!parting) {
      process.parting = setTimeout(() => part(process), TOGETHER_MS)
      process.parting.unref()
    }
  }

  return {
    heardForMs(systemId) {
      const process = processes.get(systemId)
      if (!process) return undefined
      hear(process)
      const heard = now() - process.askingSince
      return heard < APART_MS ? undefined : heard
    },
    enter({ systemId, tokenDigest }, entries, longPollMs) {
      if (entries <= 1) return { ...UNSHARED, ms: longPollMs }
      const process = processOf(systemId)
      hear(process)
      count(process, entries)
      if (now() < process.apartUntil) {
        return { ...UNSHARED, ms: Math.min(longPollMs, APART_HOLDS_MS / entries) }
      }
      process.held.set(tokenDigest, (process.held.get(tokenDigest) ?? 0) + 1)
      settle(process)
      return {
        ms: longPollMs,
        over: process.leaving.signal,
        [Symbol.dispose]() {
          const left = (process.held.get(tokenDigest) ?? 1) - 1
          if (left > 0) process.held.set(tokenDigest, left)
          else process.held.delete(tokenDigest)
          process.lastHeard = now()
          settle(process)
        },
      }
    },
  }
}
