import type { Schema } from '../support/openapi.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

export const HOSTILE_TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'x\udfff',
    '\u202e',
    '\r\n',
    'a\r\nSet-Cookie: x=1',
    '../../etc/passwd',
    '%00',
    '%',
  ],
  ...[
    "'; drop table jobs; --",
    '__proto__',
    'constructor',
    'toString',
    'null',
    'true',
    '-1',
    '1e309',
    'NaN',
    '[]',
    '{}',
  ],
  ...[
    'ünï 日本',
    '🙂',
    'e\u0301',
    '\ufeff',
    '\ufffd',
    '<script>alert(1)</script>',
    '$(id) `id`',
    '((((((a+)+)+)+)+)+)$',
  ],
  ...[
    '9'.repeat(400),
    'a'.repeat(300),
    'é'.repeat(2000),
    '['.repeat(500),
    '1 day',
    'never',
    '2026-11',
    '0001-01-01T00:00:00Z',
  ],
]
const HOSTILE_NUMBERS: readonly number[] = [
  ...[
    0,
    -0,
    -1,
    1,
    0.5,
    1e308,
    -1e308,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    2 ** 53 + 2,
    -(2 ** 31) - 1,
    1e21,
    99999999999,
  ],
]

export const hostileText = (random: Random): string => random.pick(HOSTILE_TEXTS)

/** Returns any JSON value, usually an unexpected one. */
export function hostileValue(random: Random, depth = 0): unknown {
  const kinds = depth > 3 ? 5 : 8
  switch (random.below(kinds)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
      return random.pick(HOSTILE_NUMBERS)
    case 5:
      return Array.from({ length: random.below(4) }, () => hostileValue(random, depth + 1))
    case 6:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [hostileText(random), hostileValue(random, depth + 1)]),
      )
    case 7: {
      let nested: unknown = 1
      for (let level = random.below(200); level > 0; level--) nested = random.chance(0.5) ? [nested] : { a: nested }
      return nested
    }
    default:
      return hostileText(random)
  }
}

/** How an input is generated, with the probability of an unexpected value for each member. */
export interface Fit {
  readonly oddness: number
  /** The name of the member, so that ids and tokens are sometimes real. */
  readonly name?: string
}

/** Returns a value that fits a schema, except for its share of odd members. */
export function fitting(random: Random, world: World, schema: Schema, { oddness, name = '' }: Fit): unknown {
  const isGroup = schema.properties !== undefined
  if (random.chance(isGroup ? oddness / 8 : oddness)) return hostileValue(random)
  const known = random.chance(0.8) ? world.valueFor(random, name) : undefined
  if (known !== undefined && !schema.enum && !isGroup) return known
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return random.pick(schema.enum)
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (choices) return fitting(random, world, random.pick(choices), { oddness: oddness / 2, name })
  switch (Array.isArray(schema.type) ? random.pick(schema.type) : schema.type) {
    case 'object':
      return fittingObject(random, world, schema, oddness)
    case 'array':
      return Array.from({ length: random.below(3) }, () =>
        fitting(random, world, schema.items ?? {}, { oddness: oddness / 2, name }),
      )
    case 'integer':
    case 'number':
      return random.chance(0.2) ? random.pick(HOSTILE_NUMBERS) : (schema.minimum ?? 0) + random.below(20)
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    case 'string':
      return random.chance(0.2) ? hostileText(random) : `text-${random.below(1000)}`
    default:
      return hostileValue(random)
  }
}

function fittingObject(
  random: Random,
  world: World,
  { properties = {}, required = [], additionalProperties }: Schema,
  oddness: number,
) {
  const members: [string, unknown][] = []
  for (const [name, schema] of Object.entries(properties)) {
    if (required.includes(name) ? random.chance(0.97) : random.chance(0.4)) {
      members.push([name, fitting(random, world, schema, { oddness, name })])
    }
  }
  if (random.chance(0.05)) members.push([hostileText(random), hostileValue(random)])
  if (typeof additionalProperties === 'object' && random.chance(0.5)) {
    members.push([`key-${random.below(9)}`, fitting(random, world, additionalProperties, { oddness })])
  }
  return Object.fromEntries(members)
}
