import { err, faultInLine, faultInProse, faultInText, ok, type Result } from '@yardmaster/common'
import type { DefinitionInvalid } from '../definition-invalid.ts'

/** A value and its path, for example `definition.image.pull_policy`. */
export interface Found {
  readonly at: string
  readonly value: unknown
}

/**
 * Thrown only by the readers of this folder, and caught in `reading`: forty keywords read better without passing
 * results.
 */
class Refusal extends Error {
  readonly field: string
  constructor(field: string, reason: string) {
    super(reason)
    this.field = field
  }
}

/** Runs readers. If one of them refuses, its refusal is the result. */
export function reading<T>(read: () => T): Result<T, DefinitionInvalid> {
  try {
    return ok(read())
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return err({ kind: 'definition_invalid', field: error.field, reason: error.message })
  }
}

export function refuse(field: string, reason: string): never {
  throw new Refusal(field, reason)
}

const notAllowed = ({ at, value }: Found, allowed: string): never =>
  refuse(at, `found ${describe(value)}; allowed: ${allowed}`)

const SHOWN_CHARACTERS = 60

/** Describes what was found, short enough for one line. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') {
    return value.length > SHOWN_CHARACTERS ? `a text of ${value.length} characters` : JSON.stringify(value)
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

export const member = (at: string, key: string): string =>
  `${at}.${key.length > SHOWN_CHARACTERS ? `${key.slice(0, SHOWN_CHARACTERS)}…` : key}`

// ---------------------------------------------------------------------------------------------- the whole input

const MAX_DEPTH = 40
const MAX_BYTES = 1024 * 1024

/** Where a value is. It becomes text only in a refusal: a definition may have a hundred thousand values. */
interface Place {
  readonly above: Place | null
  readonly last: string | number
}

function written({ above, last }: Place): string {
  if (above === null) return String(last)
  return typeof last === 'number' ? `${written(above)}[${last}]` : member(written(above), last)
}

/**
 * Refuses everything that could not travel to a runner as JSON unchanged: text that is not Unicode or has NUL
 * characters, numbers that are not finite, values that JSON does not have, deep nesting and too many bytes.
 */
export function checkJson(found: Found): void {
  let bytes = 0
  const checkText = (text: string, place: () => Place) => {
    const unfit = faultInText(text)
    if (unfit) refuse(written(place()), `found ${unfit.found}; allowed: ${unfit.allowed}`)
    bytes += bytesOf(text)
  }
  const visit = (value: unknown, above: Place | null, last: string | number, depth: number): void => {
    const place = () => ({ above, last })
    if (depth > MAX_DEPTH) refuse(written(place()), `found more than ${MAX_DEPTH} levels of nesting`)
    if (typeof value === 'string') checkText(value, place)
    else bytes += 8
    if (bytes > MAX_BYTES) refuse(found.at, `found more than ${MAX_BYTES} bytes; that is the most a job may have`)
    if (typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)) return
    if (Array.isArray(value)) {
      const here = place()
      for (let index = 0; index < value.length; index++) visit(value[index], here, index, depth + 1)
    } else if (isObject(value)) {
      const here = place()
      for (const key of Object.keys(value)) {
        const item = value[key]
        if (item === undefined) continue
        checkText(key, () => here)
        visit(item, here, key, depth + 1)
      }
    } else refuse(written(place()), `found ${typeof value}; allowed: JSON values`)
  }
  visit(found.value, null, found.at, 0)
}

/** Returns the length of a text in UTF-8. An encoder would make an array for each of many short texts. */
function bytesOf(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    // Each half of a surrogate pair counts two of its four bytes.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1
  }
  return bytes
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

// ---------------------------------------------------------------------------------------------- readers

/** Reads the value, or returns the default; `null` counts as absent, as in YAML. */
export const optional = <T, Default>(found: Found | undefined, read: (found: Found) => T, absent: Default) =>
  found ? read(found) : absent

/** Reads a value that must be present. */
export const required = <T>(found: Found | undefined, at: string, read: (found: Found) => T): T =>
  read(found ?? { at, value: undefined })

/** Returns the members of an object that are present and not null, by name. */
export function entries(found: Found, allowed = 'an object'): [string, Found][] {
  if (!isObject(found.value)) return notAllowed(found, allowed)
  return Object.entries(found.value)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, { at: member(found.at, key), value }])
}

/** Returns the members of an object that has no others than these. */
export function members<Key extends string>(found: Found, keys: readonly Key[]): { readonly [K in Key]?: Found } {
  const known: ReadonlySet<string> = new Set(keys)
  // Before anything is read, because there may be tens of thousands.
  if (isObject(found.value)) {
    for (const key of Object.keys(found.value))
      if (!known.has(key) && found.value[key] !== undefined)
        refuse(member(found.at, key), `is not supported; allowed: ${listed(keys)}`)
  }
  const read = entries(found, `an object with ${listed(keys)}`)
  return Object.fromEntries(read.filter(([, { value }]) => value !== null)) as { [K in Key]?: Found }
}

export const isText = ({ value }: Found): boolean => typeof value === 'string'
export const isList = ({ value }: Found): boolean => Array.isArray(value)

export function text(found: Found, allowed = 'text'): string {
  return typeof found.value === 'string' ? found.value : notAllowed(found, allowed)
}

/** Reads a name, a path or the like: one line of visible text without characters that hide what it says. */
export function word(found: Found, allowed = 'one line of text that is not blank'): string {
  return fitting(found, allowed, faultInLine)
}

/** As `word`, for several lines. */
export const prose = (found: Found): string => fitting(found, 'text that is not blank', faultInProse)

/** Reads text for a machine, such as commands: anything that is not blank. */
export function filled(found: Found): string {
  const value = text(found)
  return value.trim() === '' ? notAllowed(found, 'text that is not blank') : value
}

function fitting(found: Found, allowed: string, unfit: typeof faultInLine): string {
  const value = text(found, allowed)
  const problem = unfit(value)
  return problem ? refuse(found.at, `found ${problem.found}; allowed: ${allowed}`) : value
}

/** Reads text of a given form. */
export function matching(found: Found, form: RegExp, allowed: string): string {
  const value = text(found, allowed)
  return form.test(value) ? value : notAllowed(found, allowed)
}

export function flag(found: Found): boolean {
  return typeof found.value === 'boolean' ? found.value : notAllowed(found, 'true or false')
}

export function integer(found: Found, least: number, most: number): number {
  const { value } = found
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? (value as number)
    : notAllowed(found, `a whole number from ${least} to ${most}`)
}

export function oneOf<Value extends string>(found: Found, values: readonly Value[]): Value {
  return values.find((value) => value === found.value) ?? notAllowed(found, listed(values))
}

export function list<T>(found: Found, read: (item: Found) => T, limits: { least?: number; most?: number } = {}): T[] {
  const { least = 0, most = 1000 } = limits
  if (!Array.isArray(found.value)) return notAllowed(found, 'an array')
  const { length } = found.value
  if (length < least) return notAllowed(found, `an array of at least ${least}`)
  if (length > most) refuse(found.at, `found ${length} items; allowed: at most ${most}`)
  return found.value.map((value, index) => read({ at: `${found.at}[${index}]`, value }))
}

/** Reads one item, or an array of at least one. */
export const oneOrMore = <T>(found: Found, read: (item: Found) => T): T[] =>
  isList(found) ? list(found, read, { least: 1 }) : [read(found)]

export const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)]

const listed = (values: readonly string[]): string => values.join(', ')
