import { err, ok, type Result } from '@yardmaster/common'
import type { RunnerInvalid, RunnerNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { tickQueueValues } from '../wakeups/queue-value.ts'
import type { Runner } from './runner.ts'
import { invalidRunner, type RunnerChanges, withChanges } from './validate-runner.ts'

/**
 * Changes a runner's settings. The runner may then accept different jobs, so its queue value becomes out of date.
 *
 * @see `docs/protocol/runners.md 1.1`, `docs/protocol/job-request.md 3`
 */
export async function updateRunner(
  ports: Pick<Ports, 'runners' | 'scratch' | 'events'>,
  id: number,
  changes: RunnerChanges,
): Promise<Result<Runner, RunnerNotFound | RunnerInvalid>> {
  const before = await ports.runners.find(id)
  if (!before) return err({ kind: 'runner_not_found', id })
  const complete = withChanges(before, changes)
  const invalid = invalidRunner(complete, before.name)
  if (invalid) return err(invalid)

  const given = Object.entries(complete).filter(([name]) => changes[name as keyof RunnerChanges] !== undefined)
  const runner = await ports.runners.update(id, Object.fromEntries(given))
  if (!runner) return err({ kind: 'runner_not_found', id })
  const digest = await ports.runners.tokenDigest(id)
  if (digest !== null) await tickQueueValues(ports, [digest])
  await ports.events.publish('runners')
  return ok(runner)
}
