import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Schema } from '../../support/openapi.ts'
import type { Random } from '../random.ts'
import { HOSTILE_TEXTS, hostileText } from '../values.ts'

const ajv = new Ajv2020({ strict: false, logger: false })
const compiled = new WeakMap<object, ValidateFunction>()

/** Returns whether a schema allows a value. */
export function fits(schema: Schema, value: unknown): boolean {
  let validate = compiled.get(schema)
  if (!validate) {
    validate = ajv.compile(schema)
    compiled.set(schema, validate)
  }
  return validate(value)
}

/** Returns a real value for a member by name, such as an existing id or a harmless address; undefined for any other. */
export type Known = (random: Random, name: string) => unknown

/** Samples that together match nearly every pattern of the document; add one for a new kind of pattern. */
const TEXTS = [
  'sample',
  '1',
  '2026-11',
  '2026-11-28T12:00:00Z',
  '9999-12-31T23:59:59.9-12:00',
  '0000-01-01T00:00:00+14:00',
  'd1',
  'yard/sample',
  'A_1',
  'main',
  'a'.repeat(40),
  '0'.repeat(64),
  'ünï 日本 🙂',
  'x y',
]
/** Longest generated text; bodies that are too large cover longer ones. */
const LONGEST = 5000

/** Returns a value that a schema allows, often at its bounds. */
export function drawValue(random: Random, schema: Schema, known: Known, name = ''): unknown {
  const given = known(random, name)
  if (given !== undefined && fits(schema, given)) return given
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return random.pick(schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return drawValue(random, random.pick(choices), known, name)
  switch (Array.isArray(schema.type) ? random.pick(schema.type) : schema.type) {
    case 'object':
      return objectOf(random, schema, known)
    case 'array':
      return Array.from({ length: lengthOf(random, schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, 3)) }, () =>
        drawValue(random, schema.items ?? {}, known, name),
      )
    case 'integer':
    case 'number':
      return numberOf(random, schema)
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    case 'string':
      return textOf(random, schema, name)
    default:
      return random.pick<unknown>([1, 'text', true, null, ['text'], { member: 1 }])
  }
}

const MOST_DRAWS = 50

/** Draws again while a rule between members is broken. */
function objectOf(random: Random, schema: Schema, known: Known): Record<string, unknown> {
  for (let draws = 1; ; draws++) {
    const drawn = membersOf(random, schema, known)
    if (!schema.not || fits(schema, drawn) || draws === MOST_DRAWS) return drawn
  }
}

function membersOf(
  random: Random,
  { properties = {}, required = [], additionalProperties, propertyNames }: Schema,
  known: Known,
): Record<string, unknown> {
  const often = random.pick([0, 0.3, 1])
  const members = Object.entries(properties)
    .filter(([name]) => required.includes(name) || random.chance(often))
    .map(([name, schema]): [string, unknown] => [name, drawValue(random, schema, known, name)])
  if (additionalProperties !== false && Object.keys(properties).length === 0)
    for (let count = random.below(3); count > 0; count--)
      members.push([
        propertyNames ? textOf(random, propertyNames, 'a member') : hostileText(random),
        drawValue(random, additionalProperties === true ? {} : (additionalProperties ?? {}), known),
      ])
  return Object.fromEntries(members)
}

const lengthOf = (random: Random, least: number, most: number): number =>
  random.chance(0.3) ? random.pick([least, most]) : least + random.below(most - least + 1)

function numberOf(random: Random, { type, minimum = -1000, maximum = 1000 }: Schema): number {
  if (random.chance(0.3)) return random.pick([minimum, maximum])
  const whole = minimum + random.below(Math.min(maximum - minimum, 100) + 1)
  return type === 'number' && whole < maximum && random.chance(0.5) ? whole + 0.25 : whole
}

function textOf(random: Random, schema: Schema, name: string): string {
  const { minLength = 0, maxLength = LONGEST } = schema
  const bound = Math.min(maxLength, LONGEST)
  const tries = [
    ...(random.chance(0.2) ? [random.pick(['a', '1', '🙂', 'é']).repeat(random.pick([minLength, bound]))] : []),
    ...(random.chance(0.4) ? [hostileText(random), random.pick(HOSTILE_TEXTS)] : []),
    `${random.pick(TEXTS)}-${random.below(1000)}`,
  ]
  const text = [...tries, ...shuffled(random, TEXTS)].find((one) => fits(schema, one))
  if (text === undefined) throw new Error(`no sample fits the schema of ${name}: ${JSON.stringify(schema)}`)
  return text
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const first = random.below(items.length)
  return [...items.slice(first), ...items.slice(0, first)]
}
