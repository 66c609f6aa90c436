import type { UsageStore } from '../ports.ts'

/** Bytes that are on their way to the store and count already. */
export interface Reservation extends Disposable {
  /** False when the project would store more than it may; then nothing was added. */
  take(bytes: number): boolean
  /** What was taken counts no more here: it is stored, or was dropped. */
  [Symbol.dispose](): void
}

/** How much each project may store in artifacts and logs, as far as this process knows. */
export interface Quotas {
  /** Bytes the project may still store; null: without limit. A few seconds old at most, this process's own included. */
  room(projectId: number): Promise<number | null>
  /** What has been stored just now. */
  note(projectId: number, bytes: number): void
  reserve(projectId: number): Reservation
}

/** A changed quota, and what other processes stored, is known after so long. */
const LONGEST_KNOWN_MS = 10_000
/** Adding up takes a tenth of one connection at most. */
const KNOWN_TIMES = 10
const MOST_KNOWN = 10_000

interface Known {
  readonly storage: Promise<{ readonly limit: number | null; readonly stored: number }>
  until: number
  limit: number | null
  /** As the store said, and what came since. */
  stored: number
}

/**
 * Answers from memory and asks the store now and then: a log grows many times a minute, and adding up all of a project's
 * each time would cost more than storing it. Between two questions, each process may let through what the others do not
 * know of; its own uploads count while they are under way.
 */
export function openQuotas(usage: Pick<UsageStore, 'storageOf'>): Quotas {
  const known = new Map<number, Known>()
  const reserved = new Map<number, number>()

  function ask(projectId: number): Known {
    const began = performance.now()
    const entry: Known = {
      storage: usage.storageOf(projectId),
      until: Number.POSITIVE_INFINITY,
      limit: null,
      stored: 0,
    }
    if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value ?? projectId)
    known.set(projectId, entry)
    entry.storage.then(
      ({ limit, stored }) => {
        const now = performance.now()
        entry.limit = limit
        entry.stored += stored
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

  const free = (entry: Known, projectId: number): number | null =>
    entry.limit === null ? null : Math.max(0, entry.limit - entry.stored - (reserved.get(projectId) ?? 0))

  return {
    room: async (projectId) => free(await look(projectId), projectId),

    note(projectId, bytes) {
      const entry = known.get(projectId)
      if (entry) entry.stored += bytes
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
