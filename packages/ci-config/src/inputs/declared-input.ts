import { holds } from '../expressions/evaluate-expression.ts'
import { RegularExpression } from '../expressions/regular-expression.ts'
import { rubyText } from '../yaml/ruby-text.ts'
import { Dict, Float, isInteger, type Json, List, type Place, toJson, type Value } from '../yaml/tree.ts'
import { parseJson } from './json-value.ts'
import { isEqual } from './same-value.ts'

/** In the order in which the reference lists them. */
export const INPUT_TYPES = ['array', 'boolean', 'number', 'string'] as const

type InputType = (typeof INPUT_TYPES)[number]

/** Values by name: those that are given, and those that inputs before this one have. */
export type InputValues = ReadonlyMap<string, Json>

const WRONG_TYPE: Readonly<Record<InputType, string>> = {
  array: 'an array',
  boolean: 'a boolean',
  number: 'a number',
  string: 'a string',
}

/** What a form shows of an input, given the values of all. */
export interface ShownInput {
  readonly name: string
  readonly type: InputType
  readonly description: string | null
  /** Whether it has no default. */
  readonly isRequired: boolean
  /** In its type; null when it has none. */
  readonly default: Json
  /** The values that it may have; null for any. */
  readonly options: readonly Json[] | null
  readonly regex: string | null
  /** What is wrong with its value, or its default. */
  readonly problems: readonly string[]
}

/** An input that a header declares. */
export class DeclaredInput {
  readonly name: string
  readonly place: Place
  readonly #type: InputType
  readonly #spec: Dict

  private constructor(name: string, place: Place, type: InputType, spec: Dict) {
    this.name = name
    this.place = place
    this.#type = type
    this.#spec = spec
  }

  /** Returns the input; null when its declaration is not a map, or has an unknown type. */
  static read(name: string, spec: Value, place: Place): DeclaredInput | null {
    if (spec === null) return new DeclaredInput(name, place, 'string', new Dict())
    if (!(spec instanceof Dict)) return null
    const given = spec.has('type') ? spec.get('type') : 'string'
    const type = INPUT_TYPES.find((known) => known === given)
    return type === undefined ? null : new DeclaredInput(name, place, type, spec)
  }

  /** Returns the problem of a given value or of the default; undefined for `given` means that no value was given. */
  problems(given: Value | undefined, values: InputValues): string[] {
    const value = this.#asGiven(given)
    if (value === null && !this.#hasDefault()) return [this.#problem('required value has not been provided')]
    const fallback = this.#hasDefault() ? this.#default(values) : null
    return [
      ...(fallback === null ? [] : this.#problemsOf(fallback, 'default', values)),
      ...(value === null ? [] : this.#problemsOf(value, 'provided', values)),
    ]
  }

  /** Returns what a form shows of the input. */
  shown(given: Value | undefined, values: InputValues): ShownInput {
    const options = this.#options(values)
    const description = this.#given('description')
    const regex = this.#given('regex')
    return {
      name: this.name,
      type: this.#type,
      description: description === null ? null : rubyText(description),
      isRequired: !this.#hasDefault(),
      default: this.#hasDefault() ? toJson(this.#coerced(this.#default(values))) : null,
      options: options instanceof List ? options.items.map(toJson) : null,
      regex: regex === null ? null : rubyText(regex),
      problems: this.problems(given, values),
    }
  }

  /** Returns the value that blocks get, in the input's type. */
  valueOf(given: Value | undefined, values: InputValues): Value {
    return this.#coerced(this.#asGiven(given) ?? this.#default(values))
  }

  /** With rules an empty text counts as not given. */
  #asGiven(given: Value | undefined): Value {
    return given === undefined || (given === '' && this.#rules() !== null) ? null : given
  }

  #problem(what: string): string {
    return `\`${this.name}\` input: ${what}`
  }

  #problemsOf(given: Value, which: 'default' | 'provided', values: InputValues): string[] {
    const value = this.#coerced(given)
    return [
      ...(this.#hasType(value) ? [] : [`${which} value is not ${WRONG_TYPE[this.#type]}`]),
      ...this.#optionProblems(value, values),
      ...this.#patternProblems(value, which),
    ].map((what) => this.#problem(what))
  }

  #hasType(value: Value): boolean {
    switch (this.#type) {
      case 'array':
        return value instanceof List
      case 'boolean':
        return typeof value === 'boolean'
      case 'number':
        return isInteger(value) || value instanceof Float
      case 'string':
        return true
    }
  }

  #optionProblems(value: Value, values: InputValues): string[] {
    if (this.#type === 'array' || this.#type === 'boolean') {
      return this.#given('options') === null ? [] : ['Options can only be used with string and number inputs']
    }
    const options = this.#options(values)
    if (!(options instanceof List) || value === null || value === false) return []
    const isText = this.#type === 'string'
    const isAmong = options.items.some((option) => isEqual(isText ? rubyText(option) : option, value))
    const which = isText ? 'allowed options' : 'the allowed options'
    return isAmong ? [] : [`\`${rubyText(value)}\` cannot be used because it is not in the list of ${which}`]
  }

  #patternProblems(value: Value, which: 'default' | 'provided'): string[] {
    const regex = this.#given('regex')
    if (regex === null) return []
    if (this.#type !== 'string') return ['RegEx validation can only be used with string inputs']
    const pattern = RegularExpression.parse(rubyText(regex))
    if (pattern === null) return ['invalid regular expression']
    return pattern.isFoundIn(rubyText(value)) ? [] : [`${which} value does not match required RegEx pattern`]
  }

  /** Converts texts to values when the type requires it, and everything to text when the type is text. */
  #coerced(value: Value): Value {
    if (this.#type === 'string') return rubyText(value)
    return typeof value === 'string' ? (parseJson(value, this.place) ?? value) : value
  }

  #given(key: string): Value {
    return this.#spec.get(key) ?? null
  }

  #hasDefault(): boolean {
    return this.#spec.has('default') || (this.#rules() ?? []).some((rule) => rule.has('default'))
  }

  #default(values: InputValues): Value {
    return this.#matchingRule(values)?.get('default') ?? this.#given('default')
  }

  #options(values: InputValues): Value {
    return this.#matchingRule(values)?.get('options') ?? this.#given('options')
  }

  #rules(): Dict[] | null {
    const rules = this.#given('rules')
    return rules instanceof List ? rules.flat().filter((rule) => rule instanceof Dict) : null
  }

  #matchingRule(values: InputValues): Dict | undefined {
    const rules = this.#rules()
    if (rules === null) return undefined
    return rules.find((rule) => {
      const condition = rule.get('if') ?? null
      if (condition === null || condition === false) return true
      return typeof condition === 'string' && holds(condition, { variables: new Map(), inputs: values })
    })
  }
}
