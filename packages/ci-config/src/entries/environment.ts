import { Dict, isBlank, type Json, toJson, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'

const KEYS = ['name', 'url', 'action', 'on_stop', 'auto_stop_in', 'kubernetes', 'deployment_tier']
const NAME = /^[a-zA-Z0-9_\\${}. -](?:[a-zA-Z0-9_/\\${}. -]*[a-zA-Z0-9_\\${}. -])?$/
const NAME_PROBLEM =
  "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or end with '/'"
const ACTIONS = ['start', 'stop', 'prepare', 'verify', 'access']
const MAX_URL = 255

/** Checks `environment`. */
export const checkEnvironment: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.mapOrText(value)
  const name = typeof value === 'string' ? value : member(value, 'name')
  own.present(name, 'name')
  own.expect(typeof name === 'string', 'name', NAME_PROBLEM)
  own.expect(NAME.test(name === undefined ? '' : String(name)), 'name', NAME_PROBLEM)
  if (!(value instanceof Dict)) return own.found
  own.allowedKeys(value, KEYS)
  const given = (key: string) => member(value, key)
  if (given('url') !== undefined) {
    own.text(given('url'), 'url')
    own.maximumLength(given('url'), MAX_URL, 'url')
  }
  const action = given('action')
  if (action !== undefined) {
    own.text(action, 'action')
    const isKnown = typeof action === 'string' && ACTIONS.includes(action)
    own.expect(isKnown, 'action', 'should be start, stop, prepare, verify, or access')
  }
  for (const key of ['deployment_tier', 'on_stop']) if (given(key) !== undefined) own.text(given(key), key)
  if (given('kubernetes') !== undefined) own.map(given('kubernetes'), 'kubernetes')
  if (given('auto_stop_in') !== undefined) own.text(given('auto_stop_in'), 'auto_stop_in')
  if (own.found.length > 0) return own.found
  return checkKeys(value, at, { kubernetes: checkKubernetes })
}

const CLUSTER_KEYS = ['namespace', 'agent', 'flux_resource_path', 'managed_resources', 'dashboard']

const checkKubernetes: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.map(value)
  own.present(value)
  own.allowedKeys(value, CLUSTER_KEYS)
  const given = (key: string) => member(value, key)
  const [namespace, agent, flux, dashboard] = ['namespace', 'agent', 'flux_resource_path', 'dashboard'].map(given)
  const managed = member(given('managed_resources'), 'enabled') === true
  if (namespace !== undefined) own.text(namespace, 'namespace')
  if (!isBlank(flux)) own.present(namespace, 'namespace')
  if (agent !== undefined) own.text(agent, 'agent')
  if (!isBlank(flux) || !isBlank(dashboard) || managed) own.present(agent, 'agent')
  if (flux !== undefined) own.text(flux, 'flux_resource_path')
  return own.found
}

/** Returns the environment as a map, as written. */
export function environmentOf(value: Value): Record<string, Json> {
  return value instanceof Dict ? (toJson(value) as Record<string, Json>) : { name: toJson(value), action: 'start' }
}
