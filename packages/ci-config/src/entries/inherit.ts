import { Dict, List, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { OwnFaults } from './own-faults.ts'

/** The keywords that `default` may set for all jobs. */
export const DEFAULT_KEYWORDS = [
  'before_script',
  'after_script',
  'hooks',
  'cache',
  'image',
  'services',
  'interruptible',
  'timeout',
  'retry',
  'tags',
  'artifacts',
  'id_tokens',
] as const
export type DefaultKeyword = (typeof DEFAULT_KEYWORDS)[number]

const checkSelection =
  (allowed: readonly string[] | null): Check =>
  (value, at) => {
    if (typeof value === 'boolean') return []
    if (!(value instanceof List)) return [at.rawFault(`${at.location} should be a bool or array of strings`)]
    const own = new OwnFaults(at)
    own.listOfTexts(value)
    const unknown = allowed ? value.items.filter((item) => !allowed.includes(String(item))) : []
    own.expect(unknown.length === 0, 'config', `contains unknown values: ${unknown.map(String).join(', ')}`)
    return own.found
  }

/** Checks `inherit`. */
export const checkInherit: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.allowedKeys(value, ['default', 'variables'])
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { default: checkSelection(DEFAULT_KEYWORDS), variables: checkSelection(null) })
}

/** Whether a job takes a keyword from `default` that it does not have itself. */
export function inheritsDefault(inherit: Value | undefined, keyword: DefaultKeyword): boolean {
  if (inherit === undefined || inherit === null) return true
  // A job whose own selection is refused inherits nothing, so that no error is shown twice.
  if (!(inherit instanceof Dict) || inherit.keys().some((key) => key !== 'default' && key !== 'variables')) return false
  const chosen = inherit.get('default') ?? true
  return chosen === true || (chosen instanceof List && chosen.items.includes(keyword))
}

/** Returns which global variables a job inherits: all, none, or those named. */
export function inheritedVariables(inherit: Value | undefined): boolean | string[] {
  const chosen = inherit instanceof Dict ? (inherit.get('variables') ?? true) : true
  return chosen instanceof List ? chosen.items.map(String) : chosen === true
}
