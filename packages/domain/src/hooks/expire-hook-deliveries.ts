import type { Ports } from '../ports.ts'

const KEPT_DAYS = 30
/** Deliveries of one project. */
const MOST_KEPT = 10_000
const AT_ONCE = 1_000
const MOST_BATCHES = 20

/** Deletes deliveries that are too old, and the oldest of projects that have too many, in small steps. */
export async function expireHookDeliveries({ hooks, clock }: Pick<Ports, 'hooks' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_DAYS * 86_400_000)
  const steps = [() => hooks.removeBefore(before, AT_ONCE), () => hooks.removeBeyond(MOST_KEPT, AT_ONCE)]
  for (const step of steps) {
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      if ((await step()) < AT_ONCE) break
    }
  }
}
