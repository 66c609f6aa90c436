import type { Fault } from '../fault.ts'
import { Dict, isBlank, isScalar, List, type Scalar, textOf, type Value } from '../yaml/tree.ts'
import type { At, Check } from './at.ts'
import { OwnFaults } from './own-faults.ts'

/** A variable of the configuration. */
export interface YamlVariable {
  readonly key: string
  readonly value: string
  /** True for `expand: false`, false for `expand: true`; absent when neither is said. */
  readonly raw?: boolean
}

/** Returns the check of `variables` whose values may be maps with these keys; none means no maps at all. */
export const checkVariables =
  (mapKeys: readonly string[]): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    own.map(value)
    if (!(value instanceof Dict)) return own.found
    return value.entries().flatMap(([key, variable]) => checkVariable(key, variable, at.key(value, key), mapKeys))
  }

function checkVariable(key: unknown, given: Value, at: At, mapKeys: readonly string[]): Fault[] {
  const own = new OwnFaults(at)
  const variable = given === null ? new Dict() : given
  if (variable instanceof Dict) {
    own.alphanumeric(key as Value, 'key')
    checkMap(own, variable, mapKeys)
  } else if (isScalar(variable)) {
    own.alphanumeric(key as Value, 'key')
  } else {
    return [at.rawFault('variable definition must be either a string or a hash')]
  }
  return own.found
}

function checkMap(own: OwnFaults, variable: Dict, mapKeys: readonly string[]): void {
  const [value, description, expand, options] = ['value', 'description', 'expand', 'options'].map((key) => {
    const found = variable.get(key)
    return found === null ? undefined : found
  })
  if (value !== undefined) own.scalar(value, 'config value')
  if (description !== undefined) own.alphanumeric(description, 'config description')
  if (expand !== undefined) own.boolean(expand, 'config expand')
  if (options !== undefined) own.listOfTexts(options, 'config options')
  if (mapKeys.length === 0) own.add('config', 'must be a string')
  const extra = variable.keys().filter((key) => !mapKeys.includes(String(key)))
  if (mapKeys.length > 0 && extra.length > 0) own.add('config', `uses invalid data keys: ${extra.join(', ')}`)
  const isOption = options instanceof List && options.items.includes(value ?? null)
  if (!isBlank(options) && !isOption) own.add('config', 'value must be present in options')
}

/** Returns the variables of a map that was checked, in order. */
export function variablesOf(value: Value | undefined): YamlVariable[] {
  return value instanceof Dict ? value.entries().map(([key, variable]) => variableOf(String(key), variable)) : []
}

function variableOf(key: string, variable: Value): YamlVariable {
  if (!(variable instanceof Dict)) return { key, value: textOf(variable as Scalar) }
  const expand = variable.get('expand')
  const value = textOf((variable.get('value') ?? null) as Scalar)
  return variable.has('expand') ? { key, value, raw: expand !== true } : { key, value }
}
