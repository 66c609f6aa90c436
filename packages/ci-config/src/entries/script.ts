import { List, type Value } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { OwnFaults } from './own-faults.ts'

/** Checks `script`, `before_script`, `after_script`, and the commands of services and hooks. */
export const checkScript: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.script(value)
  return own.found
}

/** Returns the lines as one flat list. */
export const scriptLines = (value: Value): string[] => (value instanceof List ? value.flat() : [value]).map(String)
