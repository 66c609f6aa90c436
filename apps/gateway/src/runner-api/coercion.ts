import { z } from 'zod'

/** A parameter's type. `undefined` is an absent key; `null` is a present key without a value. */
export type Coercion<T> = z.ZodType<T>

const INVALID = Symbol('invalid')
type Coerced<T> = T | typeof INVALID

/** A JSON schema. */
export type Accepted = z.core.JSONSchema.BaseSchema

const ACCEPTED = new WeakMap<z.ZodType, Accepted>()

/**
 * Declares what a type accepts when it is present. Documents are made from this, and tests compare it with the type.
 */
function accepting<Type extends z.ZodType>(accepted: Accepted, type: Type): Type {
  ACCEPTED.set(type, accepted)
  return type
}

/** Returns what a parameter accepts, as a JSON schema. @throws when its type does not declare it. */
function acceptedBy(type: z.ZodType): Accepted {
  const accepted = ACCEPTED.get(type)
  if (!accepted) throw new Error('a parameter has a type that does not say what it accepts')
  return accepted
}

/** A zod type out of one function. Issues carry the protocol's words; the parameter's name comes from their path. */
function coercing<T>(coerce: (value: unknown) => Coerced<T>): Coercion<T | undefined> {
  return z.transform((value: unknown, context) => {
    if (value === undefined) return undefined
    const coerced = coerce(value)
    if (coerced !== INVALID) return coerced
    context.issues.push({ code: 'custom', message: 'is invalid', input: value })
    return z.NEVER
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): Coerced<string | null> => {
  if (typeof value === 'string' || value === null) return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : INVALID
}

const TEXTS: NonNullable<Accepted['type']> = ['string', 'number', 'boolean']
const TEXT: Accepted = { type: [...TEXTS, 'null'] }

/** String: numbers and booleans become their text. */
export const text = accepting(TEXT, coercing(textOf))

const DIGITS = '^\\s*[+-]?[0-9]+(?:_[0-9]+)*\\s*$'
const DECIMAL = new RegExp(DIGITS)
const INTEGER: Accepted = { type: ['number', 'string', 'null'], pattern: `^$|${DIGITS}` }

/** Clamps integers to what a number holds exactly, so that every limit still refuses them as too large. */
const withinSafe = (number: number): number =>
  // Adding 0 turns the -0 of `Math.trunc(-0.5)` into 0.
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.trunc(number))) + 0

/** Integer: a JSON number is truncated; text must be an optionally signed decimal. */
export const integer = accepting(
  INTEGER,
  coercing((value): Coerced<number | null> => {
    if (value === null || value === '') return null
    if (typeof value === 'number') return Number.isFinite(value) ? withinSafe(value) : INVALID
    return typeof value === 'string' && DECIMAL.test(value) ? withinSafe(Number(value.replaceAll('_', ''))) : INVALID
  }),
)

const TRUE = new Set<unknown>([true, 1, ...'1 on On ON t true True TRUE T y yes Yes YES Y'.split(' ')])
const FALSE = new Set<unknown>([false, 0, ...'0 off Off OFF f false False FALSE F n no No NO N'.split(' ')])

/** Boolean, in the exact spellings of `docs/protocol/common.md 3`. */
export const boolean = accepting(
  { enum: [...TRUE, ...FALSE, '', null] as (string | number | boolean | null)[] },
  coercing((value): Coerced<boolean | null> => {
    if (value === null || value === '') return null
    if (TRUE.has(value)) return true
    return FALSE.has(value) ? false : INVALID
  }),
)

/** Array of String, comma-separated. Never refused; blank pieces are dropped. */
export const list = accepting(
  { description: 'A list, or text with commas between. Anything else counts as an empty list.' },
  coercing((value): string[] => {
    const pieces = typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(elementText) : []
    return pieces.flatMap((piece) => piece.split(',').map((part) => part.trim())).filter((part) => part !== '')
  }),
)

const elementText = (element: unknown): string =>
  element === null || element === undefined || typeof element === 'object' ? '' : String(element)

/** Hash with any contents. */
export const object = accepting(
  { type: ['object', 'null'] },
  coercing((value) => (value === null || isObject(value) ? value : INVALID)),
)

/** A parameter that the protocol does not declare: used if it is an object, else treated as absent. */
export const looseObject = accepting(
  { description: 'Ignored unless it is an object.' },
  coercing((value) => (isObject(value) ? value : null)),
)

/** Returns what the members of an object accept. */
export const propertiesOf = (members: z.ZodRawShape): Record<string, Accepted> =>
  Object.fromEntries(Object.entries(members).map(([name, type]) => [name, acceptedBy(type as z.ZodType)]))

/** A value of any type, which the endpoint checks itself. */
export const anything = accepting({}, z.unknown().optional())

/** Hash whose declared members are checked as well; other members are dropped. */
export const hash = <S extends z.ZodRawShape>(members: S): Coercion<z.output<z.ZodObject<S>> | null | undefined> =>
  accepting({ type: ['object', 'null'], properties: propertiesOf(members) }, object.pipe(z.object(members).nullish()))

/** One of a few words. `null` is allowed, `""` is not. */
export const oneOf = <const V extends string>(values: readonly V[]): Coercion<V | null | undefined> =>
  accepting(
    { enum: [...values, null] },
    text.transform((value, context) => {
      if (value === undefined || value === null) return value
      const allowed = values.find((one) => one === value)
      if (allowed !== undefined) return allowed
      context.issues.push({ code: 'custom', message: 'does not have a valid value', input: value })
      return z.NEVER
    }),
  )

/** Refuses an absent key. `null` and `""` pass, because authentication refuses them. */
export const required = <T>(type: Coercion<T>): Coercion<Exclude<T, undefined>> =>
  accepting(
    acceptedBy(type),
    type.transform((value, context) => {
      if (isPresent(value)) return value
      context.issues.push({ code: 'custom', message: 'is missing', input: value })
      return z.NEVER
    }),
  )

const isPresent = <T>(value: T): value is Exclude<T, undefined> => value !== undefined

/** One of a few words, neither absent nor `null`. */
export const requiredOneOf = <const V extends string>(values: readonly V[]): Coercion<V> =>
  accepting(
    { enum: [...values] },
    required(oneOf(values)).transform((value, context) => {
      if (value !== null) return value
      context.issues.push({ code: 'custom', message: 'does not have a valid value', input: value })
      return z.NEVER
    }),
  )

/** Ids have 31 bits in the database. Larger numbers become 0, which no row has, so that they are not found. */
const LARGEST_ID = 2_147_483_647

/** An id in the path of a route. */
export const pathId: Coercion<number> = accepting(
  { ...INTEGER, type: ['number', 'string'], pattern: DIGITS },
  integer.transform((value, context) => {
    if (value !== null && value !== undefined) return Math.abs(value) > LARGEST_ID ? 0 : value
    context.issues.push({ code: 'custom', message: 'is invalid', input: value })
    return z.NEVER
  }),
)

/** An id among the parameters. */
export const id = accepting(
  INTEGER,
  integer.transform((value) => (typeof value === 'number' && Math.abs(value) > LARGEST_ID ? 0 : value)),
)

/** Characters. Longer ones don't fit the reference's column (`docs/protocol/common.md 14`). */
const LONGEST_SYSTEM_ID = 64

/** `system_id`: opaque text. The use case treats a blank one as absent. */
export const systemId = accepting(
  { ...TEXT, maxLength: LONGEST_SYSTEM_ID },
  text.transform((value, context) => {
    if (typeof value !== 'string' || value.length <= LONGEST_SYSTEM_ID || [...value].length <= LONGEST_SYSTEM_ID)
      return value
    context.issues.push({ code: 'custom', message: 'is invalid', input: value })
    return z.NEVER
  }),
)

const isBlank = (value: string | null | undefined): value is null | undefined | '' =>
  value === null || value === undefined || value.trim() === ''

/** Required text: refuses a blank one as missing. */
export const notBlank = (type: Coercion<string | null | undefined>): Coercion<string> =>
  accepting(
    { ...acceptedBy(type), type: TEXTS, pattern: '\\S' },
    type.transform((value, context) => {
      if (!isBlank(value)) return value
      context.issues.push({ code: 'custom', message: 'is missing', input: value })
      return z.NEVER
    }),
  )

/** Blank means absent, for optional texts (`docs/protocol/common.md 3`). */
export const unlessBlank = (value: string | null | undefined): string | undefined =>
  isBlank(value) ? undefined : value
