import type { Check } from './at.ts'
import { OwnFaults } from './own-faults.ts'

/** Checks a keyword that is true or false. */
export const isBoolean: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.boolean(value, 'config')
  return own.found
}
