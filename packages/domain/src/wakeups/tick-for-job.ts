import type { JobScope, Ports } from '../ports.ts'
import { tickQueueValues } from './queue-value.ts'

/**
 * Runners that were silent for longer have no queue value that could be out of date (`docs/protocol/job-request.md 3`).
 */
const RECENTLY_MS = 3 * 3_600_000

/** Wakes exactly the runners that could take a job that became pending. */
export async function tickForJob(
  ports: Pick<Ports, 'runners' | 'scratch' | 'events' | 'clock'>,
  scope: JobScope,
): Promise<void> {
  await tickQueueValues(ports, await ports.runners.digestsFor(scope, ports.clock.ago(RECENTLY_MS)))
}
