/**
 * What a configuration is while it is compiled: the values of YAML, each with the place where it was written. Merging
 * keeps places, so that an error in an included or extended job names the line it came from.
 */

/** A text that was read: the main file, or one that it includes. */
export interface SourceText {
  /** Path or address; null for the configuration itself. */
  readonly file: string | null
  readonly text: string
}

/** Where a value begins. */
export interface Place {
  readonly source: SourceText
  /** In UTF-16 units from the start of the text. */
  readonly offset: number
}

export type Scalar = null | boolean | number | bigint | Float | string
export type Key = Exclude<Scalar, Float>
export type Value = Scalar | List | Dict | Reference

/** A number that was written with a point. Other numbers are integers, and the language treats the two differently. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  /** Returns the number as Ruby writes it, which is what a variable gets: `1.10` becomes `1.1`, `1e20` becomes `1.0e+20`. */
  toString(): string {
    const { value } = this
    if (Number.isNaN(value)) return 'NaN'
    if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
    if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
    const [digits = '', exponent = '0'] = value.toExponential().split('e')
    const power = Number(exponent)
    if (power >= -4 && power < 16) return withPoint(plainDecimal(value))
    const sign = power < 0 ? '-' : '+'
    return `${withPoint(digits)}e${sign}${String(Math.abs(power)).padStart(2, '0')}`
  }
}

const withPoint = (digits: string): string => (digits.includes('.') ? digits : `${digits}.0`)
const plainDecimal = (value: number): string =>
  Math.abs(value) < 1e-6 ? value.toFixed(20).replace(/0+$/, '') : String(value)

/** A list, with the place of each item. */
export class List {
  readonly items: readonly Value[]
  readonly places: readonly Place[]

  constructor(items: readonly Value[], places: readonly Place[]) {
    this.items = items
    this.places = places
  }

  /** Returns the list with lists inside it unfolded, to any depth. */
  flat(): Value[] {
    return this.items.flatMap((item) => (item instanceof List ? item.flat() : [item]))
  }
}

/** A map in the order of its keys' first appearance, with the place of each key. */
export class Dict {
  readonly #values = new Map<Key, Value>()
  readonly #places = new Map<Key, Place>()

  get size(): number {
    return this.#values.size
  }

  has(key: Key): boolean {
    return this.#values.has(key)
  }

  /** Returns the value of a key; undefined when the key is absent, null when it is there without a value. */
  get(key: Key): Value | undefined {
    return this.#values.get(key)
  }

  placeOf(key: Key): Place | undefined {
    return this.#places.get(key)
  }

  /** Sets a value. A key that is there already keeps its position in the order. */
  set(key: Key, value: Value, place: Place): void {
    this.#values.set(key, value)
    this.#places.set(key, place)
  }

  delete(key: Key): void {
    this.#values.delete(key)
    this.#places.delete(key)
  }

  keys(): Key[] {
    return [...this.#values.keys()]
  }

  entries(): [Key, Value, Place][] {
    return [...this.#values].map(([key, value]) => [key, value, this.#places.get(key) as Place])
  }

  /** Returns a shallow copy. */
  copy(): Dict {
    const copy = new Dict()
    for (const [key, value, place] of this.entries()) copy.set(key, value, place)
    return copy
  }
}

/** `!reference [key, …]`, which stands for the value at that path of the merged configuration. */
export class Reference {
  /** As written; anything but a list of texts makes the reference invalid. */
  readonly target: Value
  readonly place: Place

  constructor(target: Value, place: Place) {
    this.target = target
    this.place = place
  }

  /** Returns the path, or null when it is not a list of texts. */
  get path(): readonly string[] | null {
    if (!(this.target instanceof List) || this.target.items.length === 0) return null
    const { items } = this.target
    return items.every((item) => typeof item === 'string') ? items : null
  }
}

/** Returns a scalar as text, the way variables and messages show it. Null is empty. */
export const textOf = (value: Scalar): string => (value === null ? '' : String(value))

export const isScalar = (value: Value | undefined): value is Scalar =>
  value !== undefined && !(value instanceof List) && !(value instanceof Dict) && !(value instanceof Reference)

/** An integer, of any size. */
export const isInteger = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint'

/** Null, false, blank text, or a list or map without entries: what counts as not given where presence is asked for. */
export const isBlank = (value: Value | undefined): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  (typeof value === 'string' && value.trim() === '') ||
  (value instanceof List && value.items.length === 0) ||
  (value instanceof Dict && value.size === 0)

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Returns the value as JSON. Integers beyond what a JSON number holds become texts. */
export function toJson(value: Value): Json {
  if (value instanceof Float) return value.value
  if (value instanceof List) return value.items.map(toJson)
  if (value instanceof Dict)
    return Object.fromEntries(value.entries().map(([key, item]) => [String(key), toJson(item)]))
  if (value instanceof Reference) return `!reference ${JSON.stringify(toJson(value.target))}`
  return typeof value === 'bigint' ? String(value) : value
}

/** Where the lines of a text begin. A text may have tens of thousands of faults, each with its line. */
const lineStarts = new WeakMap<SourceText, readonly number[]>()

function lineStartsOf(source: SourceText): readonly number[] {
  const known = lineStarts.get(source)
  if (known) return known
  const starts = [0]
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) starts.push(at + 1)
  lineStarts.set(source, starts)
  return starts
}

/** Returns the line and the column of a place, both from 1. */
export function lineAndColumn({ source, offset }: Place): { line: number; column: number } {
  const starts = lineStartsOf(source)
  let line = 0
  let after = starts.length
  while (after - line > 1) {
    const middle = (line + after) >> 1
    if ((starts[middle] as number) <= offset) line = middle
    else after = middle
  }
  return { line: line + 1, column: offset - (starts[line] as number) + 1 }
}
