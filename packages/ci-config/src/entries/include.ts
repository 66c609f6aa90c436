import type { Fault } from '../fault.ts'
import { Dict, isBlank, List, type Value } from '../yaml/tree.ts'
import { type At, type Check, checkKeys } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'
import { checkChanges, checkEachRule, checkExists } from './rules.ts'

const KEYS = ('local file remote project ref integrity cache ' + 'template artifact inputs job rules component').split(
  ' ',
)

/** Returns the check of a list of includes with at most so many items. */
export const checkIncludes = ({ maximum }: { maximum?: number } = {}): Check => checkEachInclude(checkInclude, maximum)

/** Returns the check of a text or a list of at most so many includes, which passes each of them to a check. */
export const checkEachInclude =
  (check: Check, maximum?: number): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    own.expect(value instanceof List || typeof value === 'string', 'config', 'should be an array or a string')
    if (maximum !== undefined && value instanceof List && value.items.length > maximum) {
      own.add('config', `is too long (maximum is ${maximum})`)
    }
    if (own.found.length > 0) return own.found
    const includes = value instanceof List ? value.flat() : [value]
    const places = value instanceof List ? value.places : []
    return includes.flatMap((include, index) =>
      include === null ? [] : check(include, at.item('include', index, places[index])),
    )
  }

function checkInclude(value: Value, at: At): Fault[] {
  const own = new OwnFaults(at)
  own.mapOrText(value)
  const given = (key: string) => member(value, key)
  checkFile(own, value)
  checkIntegrity(own, value)
  own.allowedKeys(value, KEYS)
  if (given('artifact') !== undefined && isBlank(given('job'))) {
    own.add('config', 'must specify the job where to fetch the artifact from')
  }
  if (given('rules') !== undefined) own.listOfMaps(given('rules'), 'rules')
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { rules: checkIncludeRules })
}

/** Checks that an include from a project names its file. */
export function checkFile(own: OwnFaults, include: Value): void {
  if (member(include, 'project') !== undefined && isBlank(member(include, 'file'))) {
    own.add('config', 'must specify the file where to fetch the config from')
  }
}

/** Checks the digest that an include gives for its file. */
export function checkIntegrity(own: OwnFaults, include: Value): void {
  const integrity = member(include, 'integrity')
  if (integrity === undefined) return
  if (isBlank(member(include, 'remote'))) own.add('config', 'integrity can only be specified for remote includes')
  const [, hash] = typeof integrity === 'string' ? (/^sha256-(.*)$/s.exec(integrity) ?? []) : []
  if (hash === undefined) {
    own.add('config', "integrity hash must start with 'sha256-'")
    return
  }
  const isBase64 = hash.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(hash)
  own.expect(isBase64, 'config', 'integrity hash must be base64 encoded')
}

function checkIncludeRule(value: Value, at: At): Fault[] {
  const own = new OwnFaults(at)
  own.map(value)
  own.present(value)
  own.map(value)
  own.allowedKeys(value, ['if', 'exists', 'when', 'changes'])
  const [condition, when] = ['if', 'when'].map((key) => member(value, key))
  if (condition !== undefined) own.expression(condition, 'if')
  if (when !== undefined) own.knownValue(when, ['never', 'always'], 'when')
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { changes: checkChanges, exists: checkExists({ limited: false }) })
}

/** Checks the rules of an include. */
export const checkIncludeRules: Check = checkEachRule(checkIncludeRule)
