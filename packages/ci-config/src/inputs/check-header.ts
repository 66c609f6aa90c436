import { At, type Check, checkKeys } from '../entries/at.ts'
import { member, OwnFaults } from '../entries/own-faults.ts'
import type { Fault } from '../fault.ts'
import { Dict, List } from '../yaml/tree.ts'
import { checkDependencies } from './check-dependencies.ts'
import { checkInput } from './check-input.ts'
import { checkSpecInclude } from './check-spec-include.ts'

const SPEC_KEYS = ['inputs', 'include', 'component', 'description']
/** What a component can say about itself. */
const COMPONENT_KEYS = ['name', 'sha', 'version', 'reference']
const MAX_DESCRIPTION = 256

/** Checks the header of a file: its one key `spec`, and what that declares. */
export function checkHeader(header: Dict): Fault[] {
  const at = At.root().withLocation('header')
  const own = new OwnFaults(at)
  own.allowedKeys(header, ['spec'])
  return own.found.length > 0 ? own.found : checkKeys(header, at, { spec: checkSpec })
}

const checkSpec: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.allowedKeys(value, SPEC_KEYS)
  const description = member(value, 'description')
  if (description !== undefined) {
    own.text(description, 'config description')
    own.maximumLength(description, MAX_DESCRIPTION, 'config description')
  }
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { inputs: checkInputs, include: checkSpecInclude, component: checkComponent })
}

const checkInputs: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  if (!(value instanceof Dict)) return own.found
  const dependencies = checkDependencies(value, at)
  return value.entries().flatMap(([name, input]) => {
    const faults = checkInput(name)(input ?? new Dict(), at.key(value, name))
    const isAboutRules = (fault: Fault) => fault.message.startsWith('`')
    return [
      ...faults.filter((fault) => !isAboutRules(fault)),
      ...(dependencies.get(String(name)) ?? []),
      ...faults.filter(isAboutRules),
    ]
  })
}

const checkComponent: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.list(value)
  own.listOfTexts(value)
  if (value instanceof List) {
    const unknown = value.items.filter((item) => typeof item !== 'string' || !COMPONENT_KEYS.includes(item))
    own.expect(unknown.length === 0, 'config', `contains unknown values: ${unknown.map(String).join(', ')}`)
  }
  return own.found
}
