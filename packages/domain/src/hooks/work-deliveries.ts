import { setTimeout as pause } from 'node:timers/promises'
import type { HookDelivery, TakenHookDelivery } from './delivery.ts'
import { type HookPorts, LEASE_MS, workDelivery } from './work-delivery.ts'

/** Deliveries on which a process works at the same time: includes of one may be slow. */
const AT_ONCE = 4
/** While some are under way, this is how often new ones are looked for. */
const LOOK_AGAIN_MS = 250

/**
 * Works on all deliveries that are due. Any number of processes may do so: each delivery is taken by one of them, and
 * by another one when that died.
 *
 * @param settled - receives each delivery on which the work is over for now.
 */
export async function workDeliveries(
  ports: HookPorts,
  { signal, settled }: { signal?: AbortSignal; settled?: (delivery: HookDelivery) => void } = {},
): Promise<void> {
  const working = new Set<Promise<void>>()
  const work = (delivery: TakenHookDelivery) => {
    const running: Promise<void> = workDelivery(ports, delivery)
      .then((done) => done && settled?.(done))
      // Its lease runs out, and it is taken again.
      .catch((error: unknown) => ports.background.report(`work on hook delivery ${delivery.id}`, error))
      .then(() => void working.delete(running))
    working.add(running)
  }
  try {
    for (;;) {
      const busy = working.size
      const room = signal?.aborted ? 0 : AT_ONCE - busy
      const taken = room > 0 ? await ports.hooks.takeDue({ limit: room, leaseMs: LEASE_MS }) : []
      for (const delivery of taken) work(delivery)
      if (working.size > 0) await nextTurn(working)
      // One that ended meanwhile may have been ahead of others.
      else if (busy === 0 || signal?.aborted) return
    }
  } finally {
    await Promise.all(working)
  }
}

async function nextTurn(working: ReadonlySet<Promise<void>>): Promise<void> {
  const over = new AbortController()
  const late = pause(LOOK_AGAIN_MS, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([...working, late])
  over.abort()
}
