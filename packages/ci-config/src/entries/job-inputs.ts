import { Dict, isBlank, type Json, List, toJson, type Value } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'

const KEYS = ['default', 'description', 'options', 'regex', 'type']
const TYPES = ['array', 'boolean', 'number', 'string']
const MAX_OPTIONS = 50

/** Checks the `inputs` of a job. */
export const checkJobInputs: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  if (!(value instanceof Dict)) return own.found
  return value.entries().flatMap(([name, input]) => checkJobInput(input ?? new Dict(), at.key(value, name)))
}

const checkJobInput: Check = (value, at) => {
  const own = new OwnFaults(at)
  const [description, regex, type, options] = ['description', 'regex', 'type', 'options'].map((key) =>
    member(value, key),
  )
  if (description !== undefined) own.alphanumeric(description, 'input description')
  if (regex !== undefined) own.text(regex, 'input regex')
  if (type !== undefined) own.knownValue(type, TYPES, 'input type')
  if (options !== undefined) own.list(options, 'input options')
  if (options instanceof List) {
    const { items } = options
    own.expect(items.length <= MAX_OPTIONS, 'config', `cannot define more than ${MAX_OPTIONS} options`)
    own.expect(!items.includes(null), 'config', 'options array cannot contain null values')
  }
  own.map(value)
  own.allowedKeys(value, KEYS)
  if (value instanceof Dict && member(value, 'default') === undefined) own.add('', 'must have a default value')
  return own.found
}

/** Returns the inputs with their types written out. */
export const jobInputsOf = (value: Value): Record<string, Json> =>
  value instanceof Dict
    ? Object.fromEntries(
        value.entries().map(([name, input]) => {
          const given = input instanceof Dict ? (toJson(input) as Record<string, Json>) : {}
          return [String(name), { ...given, type: isBlank(member(input, 'type')) ? 'string' : (given.type as Json) }]
        }),
      )
    : {}
