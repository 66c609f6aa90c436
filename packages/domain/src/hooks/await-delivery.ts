import { setTimeout as pause } from 'node:timers/promises'
import type { Services } from '../services.ts'
import type { HookDelivery } from './delivery.ts'

/** Milliseconds between looks, from the first to the later ones. */
const FIRST_LOOK_MS = 50
const LOOK_MS = 500

/**
 * Waits until a delivery was worked on.
 *
 * @param limits.mostMs - returns the delivery as it is after so many milliseconds, or once the signal aborts.
 * @returns null when it is gone.
 */
export async function awaitDelivery(
  { hooks }: Pick<Services, 'hooks'>,
  id: number,
  { mostMs, signal }: { mostMs: number; signal: AbortSignal },
): Promise<HookDelivery | null> {
  const end = performance.now() + mostMs
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(lookMs * 2, LOOK_MS)) {
    const delivery = await hooks.find(id)
    if (delivery?.outcome !== 'received' || performance.now() >= end || signal.aborted) return delivery
    await pause(lookMs, undefined, { signal }).catch(() => undefined)
  }
}
