import type { Fault } from '../fault.ts'
import { Dict, type Key, type Value } from '../yaml/tree.ts'
import type { At, Check } from './at.ts'
import { checkedKeywords, type DefaultFaults } from './job.ts'
import { checkNeeds } from './needs.ts'
import { member, OwnFaults } from './own-faults.ts'
import { checkParallel } from './parallel.ts'
import { COMMON_CHECKS, COMMON_KEYWORDS, checkProcessable } from './processable.ts'
import { checkTrigger } from './trigger.ts'

const WHEN = ['on_success', 'on_failure', 'always', 'manual']

const CHECKS: Readonly<Record<string, Check>> = {
  ...COMMON_CHECKS,
  trigger: checkTrigger,
  needs: checkNeeds(['job']),
  parallel: checkParallel({ onlyMatrix: true }),
}

/** Checks a job that starts another pipeline instead of a script. Of what `default` sets it takes `interruptible` alone. */
export function checkTriggerJob(name: Key, job: Value, at: At, defaults: DefaultFaults): Fault[] {
  const own = new OwnFaults(at)
  checkProcessable(own, name, job)
  own.allowedKeys(job, ['trigger', 'parallel', ...COMMON_KEYWORDS])
  const when = member(job, 'when')
  if (when !== undefined) own.oneOf(when, WHEN, 'when')
  const allowFailure = member(job, 'allow_failure')
  if (allowFailure !== undefined) own.boolean(allowFailure, 'allow_failure')
  const isSound = own.found.length === 0
  // The usual sign of a forgotten script: `needs` alone makes a job a trigger job.
  if (!isSound || member(job, 'trigger') === undefined) {
    own.add('config', 'should contain either a trigger or a needs:pipeline')
  }
  return isSound && job instanceof Dict ? [...own.found, ...checkedKeywords(job, at, CHECKS, defaults)] : own.found
}
