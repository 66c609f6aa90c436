import { FAILURE_REASONS } from '../failure-reasons.ts'
import { Dict, isInteger, type Json, List, toJson, type Value } from '../yaml/tree.ts'
import { areExitCodes, EXIT_CODES_PROBLEM } from './allow-failure.ts'
import type { Check } from './at.ts'
import { asList, member, OwnFaults } from './own-faults.ts'

const RETRIES = { minimum: 0, maximum: 2 }
const REASONS: readonly string[] = [...FAILURE_REASONS, 'always']

/** Checks `retry`. Its messages do not name the job. */
export const checkRetry: Check = (value, at) => {
  const here = at.withLocation('retry')
  const own = new OwnFaults(here)
  if (isInteger(value)) {
    own.integer(value, RETRIES)
    return own.found
  }
  if (!(value instanceof Dict)) return [at.rawFault('retry config has to be either an integer or a hash')]
  own.allowedKeys(value, ['max', 'when', 'exit_codes'])
  const [max, when, exitCodes] = ['max', 'when', 'exit_codes'].map((key) => member(value, key))
  if (max !== undefined) own.integer(max, RETRIES, 'max')
  if (when !== undefined) {
    own.listOfTextsOrText(when, 'when')
    if (when instanceof List) {
      const unknown = when.items.filter((reason) => !REASONS.includes(String(reason))).map(String)
      own.expect(unknown.length === 0, 'when', `contains unknown values: ${unknown.join(', ')}`)
    }
    if (typeof when === 'string') own.expect(REASONS.includes(when), 'when', 'is not included in the list')
  }
  if (exitCodes !== undefined) own.expect(areExitCodes(exitCodes), 'exit_codes', EXIT_CODES_PROBLEM)
  return own.found
}

/** Returns what `retry` says, with lists written out. */
export function retryOf(value: Value): Json {
  if (!(value instanceof Dict)) return { max: toJson(value) }
  return Object.fromEntries(
    value.entries().flatMap(([key, item]) => {
      if (item === null) return []
      return [[String(key), key === 'max' ? toJson(item) : asList(item).map(toJson)]]
    }),
  )
}
