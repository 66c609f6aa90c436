import type { RunnerStore } from '../ports.ts'
import { removeRunnerById } from '../runners/remove-runner.ts'
import { updateRunner } from '../runners/update-runner.ts'
import type { Services } from '../services.ts'
import { type BulkOutcome, type BulkRun, oneByOne, PORTION, portionsFrom, portionsOf } from './one-by-one.ts'

/** What can be done with many runners. */
export const RUNNER_CHANGES = ['pause', 'resume', 'remove'] as const
type RunnerChange = (typeof RUNNER_CHANGES)[number]

type RunnersSelection =
  | { readonly ids: readonly number[] }
  | { readonly matching: Omit<Parameters<RunnerStore['list']>[0], 'limit' | 'before'> }

/** Does the same with many runners. */
export async function changeRunners(
  services: Services,
  { change, selection, ...run }: BulkRun & { readonly change: RunnerChange; readonly selection: RunnersSelection },
): Promise<BulkOutcome> {
  // A runner that has just been in contact for the first time is none that was never seen.
  const list = async (before: number | undefined) => {
    if (!('matching' in selection)) return []
    await services.contacts.flush()
    const found = await services.runners.list({ ...selection.matching, before, limit: PORTION })
    return found.map(({ id }) => id)
  }
  const portions = 'ids' in selection ? portionsOf(selection.ids) : portionsFrom(list)
  return await oneByOne(services, run, portions, (id) =>
    change === 'remove' ? removeRunnerById(services, id) : updateRunner(services, id, { paused: change === 'pause' }),
  )
}
