import type { JobScope, Ports } from '../ports.ts'
import { encodeScope } from './job-scope.ts'
import { tickQueueValues } from './queue-value.ts'

/**
 * Runners that were silent for longer have no queue value that could be out of date (`docs/protocol/job-request.md 3`).
 */
const RECENTLY_MS = 3 * 3_600_000

/**
 * Changes the queue values of exactly the runners that could take a job that became pending. Held requests of theirs are
 * woken in turn (`wake-in-turn.ts`).
 */
export async function tickForJob(
  ports: Pick<Ports, 'runners' | 'scratch' | 'events' | 'clock'>,
  scope: JobScope,
): Promise<void> {
  const digests = await ports.runners.digestsFor(scope, ports.clock.ago(RECENTLY_MS))
  await tickQueueValues(ports, digests, encodeScope(scope))
}
