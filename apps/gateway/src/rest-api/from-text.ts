import type { JsonSchema } from './json-schema.ts'

const NUMBER = /^-?\d+(?:\.\d+)?$/

/** Returns the value of a text in an address: a number or a flag where the schema has one, else the text. */
export function fromText(text: string, schema: unknown): unknown {
  const { anyOf, type } = schema as JsonSchema
  const types = anyOf ? anyOf.map((option) => (option as JsonSchema).type) : [type]
  if ((types.includes('integer') || types.includes('number')) && NUMBER.test(text)) return Number(text)
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
