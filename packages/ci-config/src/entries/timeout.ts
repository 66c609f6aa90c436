import { isInteger } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { checkDuration, TIMEOUT_LIMIT } from './durations.ts'
import { OwnFaults } from './own-faults.ts'

/** Checks `timeout`. A bare number counts as seconds, as it does in the admin API. */
export const checkTimeout: Check = (value, at) => {
  const own = new OwnFaults(at)
  if (isInteger(value) && value > 0) own.expect(value < TIMEOUT_LIMIT, 'config', 'should not exceed the limit')
  else checkDuration(own, value, TIMEOUT_LIMIT)
  return own.found
}
