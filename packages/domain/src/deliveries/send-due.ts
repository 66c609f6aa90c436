import { setTimeout as pause } from 'node:timers/promises'
import type { Background } from '../background.ts'

/** Most concurrent requests of one process for one kind of delivery, and of these to one target. */
const AT_ONCE = 32
const AT_ONCE_PER_TARGET = 4
/** Longer than the 10 s of an attempt plus the time to record it. */
export const LEASE_MS = 30_000
/** While requests are in progress, this is how often newly due deliveries are looked for. */
const LOOK_AGAIN_MS = 1_000

/** What to take of deliveries that are due. */
export interface DueQuery {
  readonly limit: number
  readonly perTarget: number
  /** Targets that already have enough deliveries in progress. */
  readonly except: readonly number[]
  readonly leaseMs: number
}

export interface DueDeliveries<Taken> {
  /** Takes due deliveries for `leaseMs`, each of them in one process. */
  take(query: DueQuery): Promise<readonly Taken[]>
  targetOf(taken: Taken): number
  /** Sends one delivery and records the outcome. */
  send(taken: Taken): Promise<void>
  /** Names the work, for reports of failures. */
  readonly recording: string
}

/**
 * Sends due deliveries until none are left. Any number of processes may do so at once: each delivery is taken by one of
 * them. A delivery whose process dies is sent again when its lease is over.
 *
 * @param signal - when it aborts, no further delivery is begun.
 */
export async function sendDue<Taken>(
  { background }: { readonly background: Pick<Background, 'report'> },
  { take, targetOf, send, recording }: DueDeliveries<Taken>,
  signal?: AbortSignal,
): Promise<void> {
  const underWay = new Map<Promise<void>, number>()
  async function takeDue(busy: readonly number[]): Promise<readonly Taken[]> {
    if (busy.length >= AT_ONCE) return []
    const enough = (id: number) => busy.filter((other) => other === id).length >= AT_ONCE_PER_TARGET
    return await take({
      limit: AT_ONCE - busy.length,
      perTarget: AT_ONCE_PER_TARGET,
      except: [...new Set(busy)].filter(enough),
      leaseMs: LEASE_MS,
    })
  }
  try {
    for (;;) {
      const busy = [...underWay.values()]
      const due = signal?.aborted ? [] : await takeDue(busy)
      for (const taken of due) {
        // If it can't be recorded, it stays taken until its lease is over, and is then sent again.
        const sending: Promise<void> = send(taken)
          .catch((error: unknown) => background.report(recording, error))
          .then(() => void underWay.delete(sending))
        underWay.set(sending, targetOf(taken))
      }
      if (underWay.size > 0) await nextTurn([...underWay.keys()])
      // A target that was busy when deliveries were taken may have more of them now.
      else if (busy.length === 0 || signal?.aborted) return
    }
  } finally {
    await Promise.all(underWay.keys())
  }
}

async function nextTurn(underWay: readonly Promise<void>[]): Promise<void> {
  const over = new AbortController()
  const late = pause(LOOK_AGAIN_MS, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([...underWay, late])
  over.abort()
}
