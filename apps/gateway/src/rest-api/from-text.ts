import type { JsonSchema } from './json-schema.ts'

const NUMBER = /^-?\d+(?:\.\d+)?$/

/** Returns what a text in an address stands for: a number or a flag where the schema asks for one, else the text. */
export function fromText(text: string, schema: unknown): unknown {
  const { type } = schema as JsonSchema
  if ((type === 'integer' || type === 'number') && NUMBER.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
