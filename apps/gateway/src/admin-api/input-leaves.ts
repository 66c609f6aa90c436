import type { z } from 'zod'

/** The path of a value in an input: names of members, and 0 for the first item of an array. */
export type Place = readonly (string | number)[]

export interface Leaf {
  readonly place: Place
  /** `any` is any JSON value, which the use case reads. */
  readonly kind: 'string' | 'number' | 'any'
}

interface Definition {
  readonly type: string
  readonly shape?: Record<string, z.ZodType>
  readonly innerType?: z.ZodType
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly in?: z.ZodType
  readonly entries?: Record<string, unknown>
  readonly values?: readonly unknown[]
}

const definitionOf = (schema: z.ZodType): Definition => (schema as unknown as { def: Definition }).def

const missing = (what: string, place: Place): never => {
  throw new Error(`this walk does not support ${what} at ${place.join('.')} yet`)
}

/** Returns the place of every text and number in an input. For tests of all procedures. */
export function leavesOf(schema: z.ZodType, place: Place = []): Leaf[] {
  const { type, shape, innerType, element, valueType, options, in: given } = definitionOf(schema)
  switch (type) {
    case 'string':
    case 'number':
      return [{ place, kind: type }]
    case 'unknown':
      return [{ place, kind: 'any' }]
    case 'object':
      return Object.entries(shape ?? {}).flatMap(([name, member]) => leavesOf(member, [...place, name]))
    case 'array':
      return element ? leavesOf(element, [...place, 0]) : []
    case 'record':
      return valueType ? leavesOf(valueType, [...place, 'member']) : []
    case 'union':
      return (options ?? []).flatMap((option) => leavesOf(option, place))
    case 'optional':
    case 'nullable':
    case 'default':
      return innerType ? leavesOf(innerType, place) : []
    case 'pipe':
      return given ? leavesOf(given, place) : []
    case 'boolean':
    case 'enum':
    case 'literal':
      return []
    default:
      return missing(type, place)
  }
}

/** Sample texts, tried in this order where a text must have a certain form. */
const SAMPLE_TEXTS = ['sample', '1', '2026-11', 'd1', 'https://ci.example/a', 'a'.repeat(40), '2126-11-30T00:00:00Z']

const SAMPLE_NUMBERS = [1, 3600]

/**
 * Returns a minimal input that passes its schema and contains the place `keep`.
 *
 * @param numbers - values of members by name, such as the id of an existing project.
 */
export function sampleOf(
  schema: z.ZodType,
  keep: Place = [],
  numbers: Readonly<Record<string, number>> = {},
  place: Place = [],
): unknown {
  const { type, shape, innerType, element, valueType, options, in: given, entries, values } = definitionOf(schema)
  const [next, ...rest] = keep
  const inner = (one: z.ZodType | undefined) => (one ? sampleOf(one, keep, numbers, place) : missing(type, place))
  switch (type) {
    case 'string':
      return SAMPLE_TEXTS.find((text) => schema.safeParse(text).success) ?? missing('a sample of the text', place)
    case 'number': {
      const known = numbers[String(place.at(-1))]
      const tried = known === undefined ? SAMPLE_NUMBERS : [known]
      return tried.find((number) => schema.safeParse(number).success) ?? missing('a sample of the number', place)
    }
    case 'boolean':
      return false
    case 'enum':
      return Object.values(entries ?? {})[0]
    case 'literal':
      return values?.[0]
    case 'unknown':
      return ['true']
    case 'record':
      return valueType && definitionOf(valueType).type === 'string'
        ? { member: sampleOf(valueType, rest, numbers, [...place, 'member']) }
        : { script: ['true'] }
    case 'array': {
      const item = element ? sampleOf(element, rest, numbers, [...place, 0]) : missing(type, place)
      return next === undefined && schema.safeParse([]).success ? [] : [item]
    }
    case 'object': {
      const members = Object.entries(shape ?? {}).filter(
        ([name, member]) => name === next || !member.safeParse(undefined).success,
      )
      return Object.fromEntries(
        members.map(([name, member]) => [name, sampleOf(member, name === next ? rest : [], numbers, [...place, name])]),
      )
    }
    case 'union':
      return inner(options?.[0])
    case 'optional':
    case 'nullable':
    case 'default':
      return inner(innerType)
    case 'pipe':
      // What a text is transformed into may have to pass as well.
      return SAMPLE_TEXTS.find((text) => schema.safeParse(text).success) ?? inner(given)
    default:
      return missing(type, place)
  }
}

/** Returns the input with another value at one place. */
export function withValue(input: unknown, [next, ...rest]: Place, value: unknown): unknown {
  if (next === undefined) return value
  if (Array.isArray(input)) return input.map((item, index) => (index === next ? withValue(item, rest, value) : item))
  const members = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {}
  return { ...members, [next]: withValue(members[next], rest, value) }
}
