import type { Ports } from '../ports.ts'

const KEPT_DAYS = 30
const AT_ONCE = 1_000
const MOST_BATCHES = 20

/** Deletes deliveries that are too old, in small steps; also those that wait for a disabled webhook. */
export async function expireDeliveries({ webhooks, clock }: Pick<Ports, 'webhooks' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_DAYS * 86_400_000)
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    if ((await webhooks.removeDeliveriesBefore(before, AT_ONCE)) < AT_ONCE) return
  }
}
