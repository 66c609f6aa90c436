import type { Ports } from '../ports.ts'

/** Pipelines that are written together. */
const AT_ONCE = 100
/** Milliseconds since the creation of the oldest pipeline that is looked at. */
const RECENT_MS = 7 * 86_400_000

/**
 * Writes the status of all pipelines of the last week, whatever is stored: a process may have died between the change
 * of a job and what follows for a pipeline that was over already, which the sweep of unfinished ones does not see.
 */
export async function settleRecent({
  pipelines,
  events,
  clock,
}: Pick<Ports, 'pipelines' | 'events' | 'clock'>): Promise<void> {
  const since = clock.now().getTime() - RECENT_MS
  for (let before: number | null = null; ; ) {
    const newest = await pipelines.recent(before, AT_ONCE)
    const recent = newest.filter(({ createdAt }) => createdAt.getTime() >= since)
    if ((await pipelines.settle(recent.map(({ id }) => id))).length > 0) await events.publish('pipelines')
    if (recent.length < AT_ONCE) return
    before = recent.at(-1)?.id ?? null
  }
}
