import { z } from 'zod'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** Where the document keeps shapes that have a name. */
const NAMED = '#/components/schemas/'

/** Schemas of answers, and of the shapes that they name. */
export interface AnswerSchemas {
  readonly named: Readonly<Record<string, JsonSchema>>
  /** By the key it was given with. */
  readonly of: Readonly<Record<string, JsonSchema>>
}

/** Describes answers as they are in JSON, where dates are texts. */
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

/** Describes an input as callers send it. */
export function inputSchema(shape: z.ZodType): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  })
  return schema
}

/** Drops the bounds of what a number can say exactly, which say nothing about an answer. */
function dropWholeRange(schema: JsonSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
}

/** Names shapes where the document has them. Their own `id` would be another base for what they refer to. */
function refer(schemas: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return JSON.parse(JSON.stringify(schemas), (key, value) => {
    if (key === '$ref') return String(value).replace('#/$defs/', NAMED)
    if (key === 'id' && typeof value === 'string') return undefined
    return value
  })
}

/** The schema without `null`: a parameter that is left out. */
export function withoutNull({ anyOf, ...schema }: JsonSchema): JsonSchema {
  if (!anyOf) return schema
  const rest = anyOf.filter((option) => typeof option === 'object' && option.type !== 'null') as JsonSchema[]
  const [only] = rest
  return rest.length === 1 && only ? { ...only, ...schema } : { ...schema, anyOf: rest }
}
