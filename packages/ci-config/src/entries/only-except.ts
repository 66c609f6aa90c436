import { parseExpression } from '../expressions/parse-expression.ts'
import { Dict, type Json, List, toJson, type Value } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'

const KEYS = ['refs', 'kubernetes', 'variables', 'changes']

/** What `only` and `except` ask about a pipeline. */
export interface RefsPolicy {
  readonly refs?: readonly string[]
  readonly variables?: readonly string[]
  readonly changes?: readonly string[]
  readonly kubernetes?: string
}

/** What `only` says where nothing is said. */
export const DEFAULT_ONLY: RefsPolicy = { refs: ['branches', 'tags'] }

/** Checks `only` or `except`. */
export const checkPolicy: Check = (value, at) => {
  const own = new OwnFaults(at)
  if (value instanceof List) {
    own.listOfTextsOrPatterns(value)
    return own.found
  }
  if (!(value instanceof Dict)) {
    return [at.rawFault(`${at.location} has to be either an array of conditions or a hash`)]
  }
  own.present(value)
  own.allowedKeys(value, KEYS)
  const [refs, kubernetes, variables, changes] = KEYS.map((key) => member(value, key))
  if (variables instanceof List) {
    for (const item of variables.items) {
      if (typeof item === 'string' && parseExpression(item) === null) own.add('variables', 'Invalid expression syntax')
    }
  }
  if (refs !== undefined) own.listOfTextsOrPatterns(refs, 'refs')
  if (kubernetes !== undefined) own.knownValue(kubernetes, ['active'], 'kubernetes')
  if (variables !== undefined) own.listOfTexts(variables, 'variables')
  if (changes !== undefined) own.listOfTexts(changes, 'changes')
  return own.found
}

/** Returns a checked policy, over what counts without it. */
export function policyOf(value: Value, without: RefsPolicy = {}): RefsPolicy {
  if (value instanceof List) return { ...without, refs: value.items.map(String) }
  const given = Object.entries(toJson(value) as Record<string, Json>).filter(([, item]) => item !== null)
  return { ...without, ...(Object.fromEntries(given) as RefsPolicy) }
}
