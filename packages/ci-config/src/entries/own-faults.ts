import { parseExpression } from '../expressions/parse-expression.ts'
import { isRegularExpressionLiteral, RegularExpression } from '../expressions/regular-expression.ts'
import type { Fault } from '../fault.ts'
import { rubyText } from '../yaml/ruby-text.ts'
import { Dict, Float, isBlank, isInteger, isScalar, type Key, List, type Value } from '../yaml/tree.ts'
import type { At } from './at.ts'

/** Lists inside lists that script-like keywords unfold. */
const MAX_NESTING = 10

type Given = Value | undefined

/**
 * Collects what is wrong with one value, in the words of the reference. Each method names the attribute that messages are
 * about: `config` for the value as a whole, otherwise one of its keys.
 */
export class OwnFaults {
  readonly found: Fault[] = []
  readonly #at: At

  constructor(at: At) {
    this.#at = at
  }

  add(attribute: string, problem: string): void {
    this.found.push(this.#at.fault(attribute, problem))
  }

  /** Adds the problem unless the condition holds. */
  expect(condition: boolean, attribute: string, problem: string): void {
    if (!condition) this.add(attribute, problem)
  }

  map(value: Given, attribute = 'config'): void {
    this.expect(value instanceof Dict, attribute, 'should be a hash')
  }

  list(value: Given, attribute = 'config'): void {
    this.expect(value instanceof List, attribute, 'should be an array')
  }

  text(value: Given, attribute: string): void {
    this.expect(typeof value === 'string', attribute, 'should be a string')
  }

  present(value: Given, attribute = 'config'): void {
    this.expect(!isBlank(value), attribute, "can't be blank")
  }

  boolean(value: Given, attribute: string): void {
    this.expect(typeof value === 'boolean', attribute, 'should be a boolean value')
  }

  /** A text that is one of some. */
  oneOf(value: Given, allowed: readonly string[], attribute: string): void {
    this.text(value, attribute)
    this.expect(isIn(value, allowed), attribute, `should be one of: ${allowed.join(', ')}`)
  }

  /** A scalar whose text is one of some. */
  knownValue(value: Given, allowed: readonly string[], attribute: string): void {
    const text = value === undefined ? '' : rubyText(value)
    this.expect(allowed.includes(text), attribute, `unknown value: ${text}`)
  }

  maximumLength(value: Given, maximum: number, attribute: string): void {
    const problem = `is too long (maximum is ${maximum} characters)`
    this.expect(lengthOf(value) <= maximum, attribute, problem)
  }

  allowedKeys(value: Given, allowed: readonly string[]): void {
    const unknown = keysOf(value).filter((key) => !allowed.includes(String(key)))
    this.expect(unknown.length === 0, 'config', `contains unknown keys: ${unknown.join(', ')}`)
  }

  requiredKeys(value: Given, required: readonly string[]): void {
    const missing = required.filter((key) => !keysOf(value).includes(key))
    this.expect(missing.length === 0, 'config', `missing required keys: ${missing.join(', ')}`)
  }

  exclusiveKeys(value: Given, exclusive: readonly string[]): void {
    const together = keysOf(value).filter((key) => exclusive.includes(String(key)))
    this.expect(together.length < 2, 'config', `these keys cannot be used together: ${together.join(', ')}`)
  }

  exactlyOneKey(value: Given, keys: readonly string[]): void {
    const found = keysOf(value).filter((key) => keys.includes(String(key)))
    this.expect(found.length === 1, 'config', `must use exactly one of these keys: ${keys.join(', ')}`)
  }

  listOfTexts(value: Given, attribute = 'config'): void {
    this.expect(isListOfTexts(value), attribute, 'should be an array of strings')
  }

  listOfTextsOrText(value: Given, attribute = 'config'): void {
    const fits = typeof value === 'string' || isListOfTexts(value)
    this.expect(fits, attribute, 'should be an array of strings or a string')
  }

  /** A text or texts, in lists up to ten levels deep. */
  script(value: Given, attribute = 'config'): void {
    const fits = typeof value === 'string' || isNested(value, (item) => typeof item === 'string')
    const problem = `should be a string or a nested array of strings up to ${MAX_NESTING} levels deep`
    this.expect(fits, attribute, problem)
  }

  nestedTexts(value: Given, attribute = 'config'): void {
    const problem = `should be an array of strings or a nested array of strings up to ${MAX_NESTING} levels deep`
    this.expect(
      isNested(value, (item) => typeof item === 'string'),
      attribute,
      problem,
    )
  }

  nestedMaps(value: Given, attribute: string): void {
    const fits = isNested(value, (item) => item instanceof Dict)
    this.expect(fits, attribute, 'should be an array containing hashes and arrays of hashes')
  }

  listOfMaps(value: Given, attribute = 'config'): void {
    const fits = value instanceof List && value.items.every((item) => item instanceof Dict)
    this.expect(fits, attribute, 'should be an array of hashes')
  }

  mapOrText(value: Given): void {
    this.expect(value instanceof Dict || typeof value === 'string', 'config', 'should be a hash or a string')
  }

  mapOrBoolean(value: Given, attribute = 'config'): void {
    const fits = value instanceof Dict || typeof value === 'boolean'
    this.expect(fits, attribute, 'should be a hash or a boolean value')
  }

  /** Texts of which those like `/…/` are valid regular expressions. */
  listOfTextsOrPatterns(value: Given, attribute = 'config'): void {
    const fits = value instanceof List && value.items.every((item) => typeof item === 'string' && isTextOrPattern(item))
    this.expect(fits, attribute, 'should be an array of strings or regular expressions using re2 syntax')
  }

  expression(value: Given, attribute: string): void {
    const fits = typeof value === 'string' && parseExpression(value) !== null
    this.expect(fits, attribute, 'Invalid expression syntax')
  }

  /** A whole number in bounds. */
  integer(value: Given, { minimum, maximum }: { minimum: number; maximum: number }, attribute = 'config'): void {
    const number = asNumber(value)
    if (number === null) this.add(attribute, 'is not a number')
    else if (value instanceof Float || !Number.isInteger(number)) this.add(attribute, 'must be an integer')
    else if (number < minimum) this.add(attribute, `must be greater than or equal to ${minimum}`)
    else this.expect(number <= maximum, attribute, `must be less than or equal to ${maximum}`)
  }

  alphanumeric(value: Given | Key, attribute: string): void {
    this.expect(typeof value === 'string' || isInteger(value), attribute, 'must be an alphanumeric string')
  }

  scalar(value: Given, attribute: string): void {
    this.expect(value !== null && isScalar(value), attribute, 'must be a scalar')
  }
}

/** Returns the values of a keyword that takes one value or a list of them. */
export const asList = (value: Value): readonly Value[] => (value instanceof List ? value.items : [value])

/** Returns the value of a key, or undefined where there is no map or no value. */
export function member(value: Given, key: string): Value | undefined {
  const found = value instanceof Dict ? value.get(key) : undefined
  return found === null ? undefined : found
}

const keysOf = (value: Given): Key[] => (value instanceof Dict ? value.keys() : [])

/** The reference takes a list for one of the values when each of its items is. */
const isIn = (value: Given, allowed: readonly string[]): boolean =>
  value instanceof List ? value.items.every((item) => isIn(item, allowed)) : allowed.includes(value as string)

const isListOfTexts = (value: Given): boolean =>
  value instanceof List && value.items.every((item) => typeof item === 'string')

function isNested(value: Given, fits: (item: Value) => boolean): boolean {
  const check = (item: Value, levels: number): boolean =>
    fits(item) || (levels > 0 && item instanceof List && item.items.every((inner) => check(inner, levels - 1)))
  return value instanceof List && check(value, MAX_NESTING)
}

const isTextOrPattern = (text: string): boolean =>
  !isRegularExpressionLiteral(text) || RegularExpression.parseLiteral(text) !== null

function lengthOf(value: Given): number {
  if (value instanceof List) return value.items.length
  if (value instanceof Dict) return value.size
  return value === undefined ? 0 : [...rubyText(value)].length
}

function asNumber(value: Given): number | null {
  if (value instanceof Float) return value.value
  if (isInteger(value)) return Number(value)
  return typeof value === 'string' && /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : null
}
