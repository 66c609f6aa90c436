import type { Ports } from '../ports.ts'

/** A year and some time to review it. */
const KEPT_DAYS = 400
const AT_ONCE = 1_000
const MOST_BATCHES = 20

/** Deletes audit events that are too old, in small steps. The next call continues with the rest. */
export async function expireAuditEvents({ audit, clock }: Pick<Ports, 'audit' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_DAYS * 86_400_000)
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    if ((await audit.removeBefore(before, AT_ONCE)) < AT_ONCE) return
  }
}
