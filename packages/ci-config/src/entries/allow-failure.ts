import { Dict, isInteger, type Value } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { asList, member, OwnFaults } from './own-faults.ts'

export const EXIT_CODES_PROBLEM = 'should be an array of integers or an integer'

/** Whether a value is an exit code or a list of them. */
export const areExitCodes = (value: Value): boolean => !(value instanceof Dict) && asList(value).every(isInteger)

/** Checks `allow_failure`. */
export const checkAllowFailure: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.mapOrBoolean(value)
  own.allowedKeys(value, ['exit_codes'])
  const exitCodes = member(value, 'exit_codes')
  if (exitCodes !== undefined) own.expect(areExitCodes(exitCodes), 'exit_codes', EXIT_CODES_PROBLEM)
  return own.found
}

/** Returns the exit codes with which a failure is allowed; null where they are not said. */
export function allowedExitCodes(value: Value | undefined): number[] | null {
  const codes = member(value, 'exit_codes')
  return codes === undefined ? null : asList(codes).map(Number)
}
