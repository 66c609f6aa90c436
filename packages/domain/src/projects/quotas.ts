import type { UsageStore } from '../ports.ts'

/** Bytes that are being stored and already count. */
interface Reservation extends Disposable {
  /** Reserves bytes. Returns false, and reserves nothing, when the project would exceed its limit. */
  take(bytes: number): boolean
  /** Releases the reservation: the bytes are stored by now, or were dropped. */
  [Symbol.dispose](): void
}

/** How much each project may store in artifacts and logs, as far as this process knows. */
export interface Quotas {
  /**
   * Returns how many bytes the project may still store; null for no limit. At most a few seconds old.
   *
   * @param holding - bytes that the caller has reserved, which are free for it.
   */
  room(projectId: number, holding?: number): Promise<number | null>
  /** Counts bytes that have just been stored. */
  note(projectId: number, bytes: number): void
  reserve(projectId: number): Reservation
}

/** Within this time, changed quotas and the uploads of other processes become known. */
const LONGEST_KNOWN_MS = 10_000
/** Computing sums takes at most a tenth of one connection's time. */
const KNOWN_TIMES = 10
const MOST_KNOWN = 10_000

interface Known {
  readonly storage: Promise<{ readonly limit: number | null; readonly stored: number }>
  until: number
  limit: number | null
  /** As read from the store, plus what came since. While it is being read: as known before, plus what came since. */
  stored: number
  /** What came since the reading began. */
  since: number
}

/**
 * Answers from memory and reads the store now and then: a log grows many times a minute, and computing a project's sum
 * each time would cost more than storing it. Between two reads a process does not know what other processes store, so
 * they may together exceed the limit; a process's own uploads count while they are in progress.
 */
export function openQuotas(usage: Pick<UsageStore, 'storageOf'>): Quotas {
  const known = new Map<number, Known>()
  const reserved = new Map<number, number>()

  function ask(projectId: number): Known {
    const began = performance.now()
    const before = known.get(projectId)
    const entry: Known = {
      storage: usage.storageOf(projectId),
      until: Number.POSITIVE_INFINITY,
      // What was known holds for uploads under way until the answer is there.
      limit: before?.limit ?? null,
      stored: before?.stored ?? 0,
      since: 0,
    }
    if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value ?? projectId)
    known.set(projectId, entry)
    entry.storage.then(
      ({ limit, stored }) => {
        const now = performance.now()
        entry.limit = limit
        entry.stored = stored + entry.since
        entry.until = now + Math.max(1_000, Math.min(LONGEST_KNOWN_MS, KNOWN_TIMES * (now - began)))
      },
      () => {
        entry.until = 0
      },
    )
    return entry
  }

  async function look(projectId: number): Promise<Known> {
    const entry = known.get(projectId)
    const current = entry && performance.now() < entry.until ? entry : ask(projectId)
    await current.storage
    return current
  }

  const free = (entry: Known, projectId: number, holding = 0): number | null =>
    entry.limit === null ? null : Math.max(0, entry.limit - entry.stored - (reserved.get(projectId) ?? 0) + holding)

  return {
    room: async (projectId, holding) => free(await look(projectId), projectId, holding),

    note(projectId, bytes) {
      const entry = known.get(projectId)
      if (!entry) return
      entry.stored += bytes
      entry.since += bytes
    },

    reserve(projectId) {
      let taken = 0
      const add = (bytes: number): void => {
        taken += bytes
        const all = (reserved.get(projectId) ?? 0) + bytes
        if (all > 0) reserved.set(projectId, all)
        else reserved.delete(projectId)
      }
      return {
        take(bytes) {
          const entry = known.get(projectId)
          const left = entry ? free(entry, projectId) : null
          if (left !== null && bytes > left) return false
          add(bytes)
          return true
        },
        [Symbol.dispose]: () => add(-taken),
      }
    },
  }
}
