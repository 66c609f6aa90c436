import type { Check } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'

/** Checks `auto_cancel` of the workflow. */
export const checkAutoCancel: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.allowedKeys(value, Object.keys(AUTO_CANCEL))
  for (const [key, allowed] of Object.entries(AUTO_CANCEL)) {
    const given = member(value, key)
    if (given === undefined) continue
    own.text(given, key)
    const isAllowed = typeof given === 'string' && allowed.includes(given)
    own.expect(isAllowed, key, `must be one of: ${allowed.join(', ')}`)
  }
  return own.found
}

const AUTO_CANCEL: Readonly<Record<string, readonly string[]>> = {
  on_new_commit: ['conservative', 'interruptible', 'none'],
  on_job_failure: ['none', 'all'],
}
