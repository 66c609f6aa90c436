import { Dict, type Json, toJson, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { checkIncludes } from './include.ts'
import { member, OwnFaults } from './own-faults.ts'

/** Files that the configuration of a child pipeline may be put together from. */
const MAX_INCLUDES = 3
const STRATEGIES = ['depend', 'mirror']

/** Checks `trigger`. */
export const checkTrigger: Check = (value, at) => {
  const own = new OwnFaults(at)
  if (typeof value === 'string') {
    own.present(value)
    return own.found
  }
  if (!(value instanceof Dict)) return [at.rawFault(`${at.location} has to be either a string or a hash`)]
  const isChild = value.has('include')
  own.present(value)
  own.allowedKeys(value, isChild ? ['strategy', 'include', 'forward'] : CROSS_PROJECT_KEYS)
  if (!isChild) checkProject(own, value)
  const strategy = member(value, 'strategy')
  if (strategy !== undefined) {
    own.text(strategy, 'strategy')
    const isKnown = typeof strategy === 'string' && STRATEGIES.includes(strategy)
    own.expect(isKnown, 'strategy', 'should be depend or mirror')
  }
  if (own.found.length > 0) return own.found
  return checkKeys(value, at, {
    ...(isChild && { include: checkIncludes({ maximum: MAX_INCLUDES }) }),
    forward: checkForward,
  })
}

const CROSS_PROJECT_KEYS = ['project', 'branch', 'strategy', 'forward', 'inputs']

function checkProject(own: OwnFaults, value: Dict): void {
  const [inputs, project, branch] = ['inputs', 'project', 'branch'].map((key) => member(value, key))
  if (inputs !== undefined) own.map(inputs, 'inputs')
  own.text(project, 'project')
  own.present(project, 'project')
  if (branch !== undefined) own.text(branch, 'branch')
}

const FORWARD_KEYS = ['yaml_variables', 'pipeline_variables']

const checkForward: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.allowedKeys(value, FORWARD_KEYS)
  for (const key of FORWARD_KEYS) {
    const given = member(value, key)
    if (given !== undefined) own.boolean(given, key)
  }
  return own.found
}

/** Returns the trigger as a map. */
export function triggerOf(value: Value): Record<string, Json> {
  if (!(value instanceof Dict)) return { project: toJson(value) }
  return Object.fromEntries(
    value.entries().flatMap(([key, item]) => (item === null ? [] : [[String(key), toJson(item)]])),
  )
}
