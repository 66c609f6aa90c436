import type { Services } from '../services.ts'

const MINUTE_MS = 60_000
/** Processes share what they counted in steps of this part of the limit, so each may let so many more through. */
const STEPS = 20
/** Any client may send any token. Beyond this number, the one that came first in this minute is counted from zero. */
const MOST_TOKENS = 50_000

type CounterPorts = Pick<Services, 'scratch' | 'clock'> & {
  /** `jobRequestsPerMinute`: requests of one token per minute; 0 for no limit. */
  readonly policy: Pick<Services['policy'], 'jobRequestsPerMinute'>
}

interface Count {
  /** The requests at this process. */
  mine: number
  /** How many of these are in the shared count. */
  shared: number
  /** The requests at other processes, as far as they are known. */
  others: number
}

/** Counts the requests of each token in the current minute. */
export interface RequestCounter {
  /**
   * Counts one request. Requests at other processes are included in steps of a twentieth of the limit.
   *
   * @returns how many seconds the client has to wait, when there were more than the limit; otherwise null.
   */
  count(tokenDigest: string): Promise<number | null>
}

/**
 * Returns a counter for this process, with the limit of its policy.
 *
 * @see `docs/protocol/common.md 11`
 */
export function countRequests({ scratch, clock, policy }: CounterPorts): RequestCounter {
  let minute = 0
  const counts = new Map<string, Count>()

  function countOf(tokenDigest: string): Count {
    const known = counts.get(tokenDigest)
    if (known) return known
    if (counts.size >= MOST_TOKENS) counts.delete(counts.keys().next().value ?? '')
    const made = { mine: 0, shared: 0, others: 0 }
    counts.set(tokenDigest, made)
    return made
  }

  return {
    async count(tokenDigest) {
      const most = policy.jobRequestsPerMinute
      if (most === 0) return null
      const now = clock.now().getTime()
      if (Math.floor(now / MINUTE_MS) !== minute) {
        minute = Math.floor(now / MINUTE_MS)
        counts.clear()
      }
      const count = countOf(tokenDigest)
      const mine = ++count.mine
      const unshared = mine - count.shared
      if (unshared >= Math.max(1, Math.floor(most / STEPS))) {
        count.shared = mine
        const all = await scratch.increment(`requests:${tokenDigest}:${minute}`, MINUTE_MS, unshared)
        count.others = Math.max(count.others, all - mine)
      }
      if (mine + count.others <= most) return null
      return Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1000)
    },
  }
}
