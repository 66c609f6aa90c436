import { Dict } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { OwnFaults } from './own-faults.ts'
import { checkScript } from './script.ts'

/** Checks `hooks`. */
export const checkHooks: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.map(value)
  own.allowedKeys(value, ['pre_get_sources_script'])
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { pre_get_sources_script: checkScript })
}
