import type { Predecessor } from '../processing/composite-status.ts'

export const WHEN = ['on_success', 'on_failure', 'always', 'manual', 'delayed'] as const
export type When = (typeof WHEN)[number]

/** For tests. States the rules of processing independently of the tables: what happens to a waiting job. */
export function expectedVerdict(
  when: When,
  byStage: boolean,
  before: readonly Predecessor[],
): 'wait' | 'fire' | 'skip' {
  const passed = ({ status, allowFailure, settled }: Predecessor) =>
    status === 'success' || (settled && allowFailure && ['failed', 'canceled'].includes(status))
  const passive = ({ status, allowFailure }: Predecessor) =>
    status === 'skipped' || (status === 'manual' && allowFailure)
  const stopped = (one: Predecessor) =>
    !passed(one) && one.settled && (one.status === 'failed' || one.status === 'canceled')

  const skipping = before.some(passive) && (!byStage || before.every(passive))
  if (!byStage && skipping) return when === 'always' ? 'fire' : 'skip'
  if (!before.every((one) => passed(one) || passive(one) || stopped(one))) return 'wait'
  const stops = before.filter(stopped)
  if (stops.length === 0) return when === 'on_failure' ? 'skip' : 'fire'
  const failed = stops.some(({ status }) => status === 'failed')
  return failed && (when === 'on_failure' || when === 'always') ? 'fire' : 'skip'
}
