import { Dict, isInteger, type Json, List, toJson, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { asList, member, OwnFaults } from './own-faults.ts'
import { checkScript, scriptLines } from './script.ts'
import { checkVariables, variablesOf } from './variables.ts'

const IMAGE_KEYS = ['docker', 'kubernetes', 'name', 'entrypoint', 'ports', 'pull_policy']
const SERVICE_KEYS = ['command', 'alias', 'variables', ...IMAGE_KEYS]
const POLICIES = ['always', 'never', 'if-not-present']

/** Checks `image`. */
export const checkImage: Check = (value, at) => {
  const own = ownFaults(value, at)
  own.allowedKeys(value, IMAGE_KEYS)
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { pull_policy: checkPullPolicy })
}

/** Checks `services`. */
export const checkServices: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.list(value)
  if (!(value instanceof List)) return own.found
  return value
    .flat()
    .flatMap((service, index) =>
      service === null ? [] : checkService(service, at.item('service', index, value.places[index])),
    )
}

const checkService: Check = (value, at) => {
  const own = ownFaults(value, at)
  own.allowedKeys(value, SERVICE_KEYS)
  const alias = member(value, 'alias')
  if (alias !== undefined) own.text(alias, 'alias')
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { pull_policy: checkPullPolicy, variables: checkVariables([]), command: checkScript })
}

function ownFaults(value: Value, at: Parameters<Check>[1]): OwnFaults {
  const own = new OwnFaults(at)
  own.mapOrText(value)
  if (value instanceof Dict && value.has('ports')) own.add('config', 'contains disallowed keys: ports')
  const name = typeof value === 'string' ? value : member(value, 'name')
  own.text(name, 'name')
  own.present(name, 'name')
  const entrypoint = member(value, 'entrypoint')
  if (entrypoint !== undefined) own.listOfTexts(entrypoint, 'entrypoint')
  for (const problem of executorProblems(value)) own.add('executor_opts', problem)
  return own
}

/** What runners know of these two maps; any other option would make them fail the job. */
function executorProblems(value: Value): string[] {
  const docker = member(value, 'docker')
  const kubernetes = member(value, 'kubernetes')
  return [
    ...optionProblems('docker', docker, { platform: 64, user: 255 }, false),
    ...optionProblems('kubernetes', kubernetes, { user: 255 }, true),
  ]
}

function optionProblems(
  name: string,
  options: Value | undefined,
  limits: Readonly<Record<string, number>>,
  takesNumbers: boolean,
): string[] {
  if (options === undefined) return []
  if (!(options instanceof Dict)) return [`must be a valid json schema: ${name} is not an object`]
  return options.entries().flatMap(([key, value]) => {
    const limit = limits[String(key)]
    if (limit === undefined) return [`must be a valid json schema: ${name} does not allow ${key}`]
    const fits =
      typeof value === 'string' ? value.length >= 1 && value.length <= limit : takesNumbers && isInteger(value)
    return fits ? [] : [`must be a valid json schema: ${name}:${key} is a text of 1 to ${limit} characters`]
  })
}

const checkPullPolicy: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.listOfTextsOrText(value)
  if (value instanceof List) {
    const unknown = value.items.filter((item) => !POLICIES.includes(String(item))).map(String)
    own.expect(unknown.length === 0, 'config', `contains unknown values: ${unknown.join(', ')}`)
    own.present(value)
  }
  if (typeof value === 'string') {
    own.expect(POLICIES.includes(value), 'config', 'is not included in the list')
  }
  return own.found
}

/** Returns the image as a map. */
export function imageOf(value: Value): Json {
  if (!(value instanceof Dict)) return { name: toJson(value) }
  const options = Object.fromEntries(present(value, ['docker', 'kubernetes']))
  const policy = member(value, 'pull_policy')
  return {
    ...Object.fromEntries(present(value, ['name', 'entrypoint'])),
    ...(Object.keys(options).length > 0 && { executor_opts: options }),
    ...(policy !== undefined && { pull_policy: asList(policy).map(toJson) }),
  }
}

/** Returns the services as maps. */
export const servicesOf = (value: Value): Json[] =>
  (value instanceof List ? value.flat() : []).flatMap((service) => (service === null ? [] : [serviceOf(service)]))

function serviceOf(value: Value): Json {
  if (!(value instanceof Dict)) return imageOf(value)
  const command = member(value, 'command')
  const variables = member(value, 'variables')
  return {
    ...(imageOf(value) as object),
    ...Object.fromEntries(present(value, ['alias'])),
    ...(command !== undefined && { command: scriptLines(command) }),
    ...(variables !== undefined && {
      variables: Object.fromEntries(variablesOf(variables).map(({ key, value: text }) => [key, text])),
    }),
  }
}

const present = (dict: Dict, keys: readonly string[]): [string, Json][] =>
  keys.flatMap((key) => {
    const value = member(dict, key)
    return value === undefined ? [] : [[key, toJson(value)] as [string, Json]]
  })
