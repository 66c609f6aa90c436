import type { Services } from '../services.ts'
import { STALE_MS } from './runner.ts'

const AT_ONCE = 500
const MOST_BATCHES = 20

/**
 * Removes managers that are stale (7 days), in small steps; the next call continues with the rest. Containers that
 * start without state get a new `system_id` each time, so managers would pile up.
 *
 * Unlike `removeManager` it keeps the runner's contact time even when the last manager is removed: no manager signed
 * off, and the runner is stale either way. Finished jobs then show no manager.
 *
 * @see `docs/protocol/runners.md 10`
 */
export async function removeSilentManagers({
  runners,
  contacts,
  events,
  clock,
}: Pick<Services, 'runners' | 'contacts' | 'events' | 'clock'>): Promise<void> {
  // What other processes collected is seconds old, and a manager back after an hour is written at once
  // (`recordHeartbeat`).
  await contacts.flush()
  const before = new Date(clock.now().getTime() - STALE_MS)
  let removed = 0
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    const count = await runners.removeSilentManagers(before, AT_ONCE)
    removed += count
    if (count < AT_ONCE) break
  }
  if (removed > 0) await events.publish('runners')
}
