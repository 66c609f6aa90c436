import { List, type Value } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { OwnFaults } from './own-faults.ts'

const DEFAULT_STAGES: readonly string[] = ['.pre', 'build', 'test', 'deploy', '.post']
export const DEFAULT_STAGE = 'test'

/** Checks the list of `stages`. */
export const checkStages: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.nestedTexts(value)
  return own.found
}

/** Returns the names in order. */
export const stageNames = (value: Value | undefined): string[] =>
  value instanceof List ? value.flat().map(String) : [...DEFAULT_STAGES]

/** Checks the `stage` of a job. */
export const checkStage: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.text(value, 'config')
  return own.found
}
