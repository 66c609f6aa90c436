import type { Ports } from '../ports.ts'

const KEPT_DAYS = 30
const AT_ONCE = 1_000
const MOST_BATCHES = 20

/** Forgets statuses that have not changed for a month, in small steps. Forges keep theirs. */
export async function expireStatuses({
  commitStatuses,
  clock,
}: Pick<Ports, 'commitStatuses' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_DAYS * 86_400_000)
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    if ((await commitStatuses.removeBefore(before, AT_ONCE)) < AT_ONCE) return
  }
}
