import type { Ports } from '../ports.ts'

/** Milliseconds for which jobs of a working tree can be run again. */
const KEPT_MS = 14 * 86_400_000
const AT_ONCE = 500

/** Removes working trees that were pushed to be run two weeks ago, unless their pipelines go on. */
export async function removeOldRuns({
  ownRepositories,
  clock,
}: Pick<Ports, 'ownRepositories' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_MS)
  while ((await ownRepositories.removeRuns({ before, limit: AT_ONCE })) === AT_ONCE);
}
