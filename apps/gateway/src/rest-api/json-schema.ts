import { z } from 'zod'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** Where the document keeps named shapes. */
const NAMED = '#/components/schemas/'

/** Schemas of answers, and of the named shapes in them. */
export interface AnswerSchemas {
  readonly named: Readonly<Record<string, JsonSchema>>
  /** Schemas by the key of their shape. */
  readonly of: Readonly<Record<string, JsonSchema>>
}

/** Returns the schemas of answers as JSON, in which dates are strings. */
export function answerSchemas(shapes: Readonly<Record<string, z.ZodType>>): AnswerSchemas {
  const { properties = {}, $defs = {} } = z.toJSONSchema(z.object(shapes), {
    io: 'output',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
      dropWholeRange(jsonSchema)
    },
  })
  return { named: refer($defs), of: refer(properties as Record<string, JsonSchema>) }
}

/** Returns the schema of an input as callers send it. */
export function inputSchema(shape: z.ZodType): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  })
  return schema
}

/** Drops the bounds of safe integers, which mean nothing for an answer. */
function dropWholeRange(schema: JsonSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
}

/**
 * Points references to where the document has the shapes. Drops their `id`, which would change the base of references.
 */
function refer(schemas: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return JSON.parse(JSON.stringify(schemas), (key, value) => {
    if (key === '$ref') return String(value).replace('#/$defs/', NAMED)
    if (key === 'id' && typeof value === 'string') return undefined
    return value
  })
}

/** Returns a schema without `null`, because a parameter is omitted instead. */
export function withoutNull({ anyOf, ...schema }: JsonSchema): JsonSchema {
  if (!anyOf) return schema
  const rest = anyOf.filter((option) => typeof option === 'object' && option.type !== 'null') as JsonSchema[]
  const [only] = rest
  return rest.length === 1 && only ? { ...only, ...schema } : { ...schema, anyOf: rest }
}
