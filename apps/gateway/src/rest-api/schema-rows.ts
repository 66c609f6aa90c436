import type { JsonSchema } from './json-schema.ts'

/** One member of a shape, described for people. */
export interface Row {
  /** The name with the members around it, such as `runners[].rule`. */
  readonly name: string
  readonly type: string
  /** Named shapes that the type mentions. */
  readonly shapes: readonly string[]
  readonly note: string
}

/** Lists the members of an object, including those of nested objects. */
export function rowsOf(schema: JsonSchema, around = ''): Row[] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties as Readonly<Record<string, JsonSchema>>).flatMap(([member, given]) => {
    const name = around + member
    const row = { name, type: typeOf(given), shapes: shapesOf(given), note: noteOf(given, required.includes(member)) }
    const inner = innerObject(given)
    return inner ? [row, ...rowsOf(inner.schema, `${name}${inner.within}`)] : [row]
  })
}

/** Describes the type of a value in a few words. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, type, items, enum: allowed, const: only } = schema
  if ($ref !== undefined) return shapeName($ref)
  if (only !== undefined) return JSON.stringify(only)
  if (anyOf) return anyOf.map((option) => typeOf(option as JsonSchema)).join(' or ')
  if (allowed) return allowed.map((one) => JSON.stringify(one).replaceAll('"', '`')).join(', ')
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one })).join(' or ')
  if (type === 'array') return `list of ${typeOf((items ?? {}) as JsonSchema)}`
  if (type === 'integer' || type === 'number') return numberType(schema)
  if (type === 'string') return textType(schema)
  return type === undefined ? 'any JSON' : (NAMES[type] ?? type)
}

const NAMES: Readonly<Record<string, string>> = { boolean: 'true or false', object: 'object' }

function numberType({ type, ...bounds }: JsonSchema): string {
  const word = type === 'integer' ? 'integer' : 'number'
  // The bounds of safe integers are not worth mentioning.
  const minimum = bounds.minimum === Number.MIN_SAFE_INTEGER ? undefined : bounds.minimum
  const maximum = bounds.maximum === Number.MAX_SAFE_INTEGER ? undefined : bounds.maximum
  if (minimum !== undefined && maximum !== undefined) return `${word}, ${minimum} to ${maximum}`
  return minimum === undefined || minimum === 0 ? word : `${word} from ${minimum}`
}

function textType({ format, maxLength }: JsonSchema): string {
  if (format === 'date-time') return 'time'
  return maxLength === undefined || maxLength > MOST_TOLD ? 'text' : `text, up to ${maxLength} characters`
}

/** Characters. A larger limit is above that of the whole request. */
const MOST_TOLD = 1_048_576

const shapeName = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

function shapesOf({ $ref, anyOf = [], items }: JsonSchema): string[] {
  if ($ref !== undefined) return [shapeName($ref)]
  return [...anyOf, ...(items ? [items] : [])].flatMap((inner) => shapesOf(inner as JsonSchema))
}

function noteOf(schema: JsonSchema, required: boolean): string {
  const { description, default: otherwise } = schema
  const parts = [
    ...(description ? [description] : []),
    ...(otherwise === undefined || otherwise === '' ? [] : [`\`${JSON.stringify(otherwise)}\` unless given.`]),
    ...(required || otherwise !== undefined ? [] : ['Optional.']),
  ]
  return parts.join(' ')
}

/** Returns the nested object of a member and the path to its members; null without one. */
function innerObject(schema: JsonSchema): { schema: JsonSchema; within: string } | null {
  if (schema.type === 'array' && schema.items) {
    const inner = innerObject(schema.items as JsonSchema)
    return inner && { ...inner, within: `[]${inner.within}` }
  }
  if (schema.properties) return { schema, within: '.' }
  for (const option of schema.anyOf ?? []) {
    const inner = innerObject(option as JsonSchema)
    if (inner) return inner
  }
  return null
}
