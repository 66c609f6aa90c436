import type { Schema } from '../../support/openapi.ts'
import type { Random } from '../random.ts'
import { hostileValue } from '../values.ts'

export type Place = readonly (string | number)[]

export interface Spoiled {
  readonly value: unknown
  readonly place: Place
  /** What was changed, for people. */
  readonly how: string
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Changes one place of a value so that its schema, nearly always, no longer allows it. */
export function spoil(random: Random, schema: Schema, value: unknown): Spoiled {
  const spots = spotsOf(schema, value)
  const { place, schema: here, value: before } = random.pick(spots)
  const [how, after] = random.pick(changesOf(random, here, before, place.length > 0))
  return { value: withValue(value, place, after), place, how }
}

/** Marks a member that is left out. */
const LEFT_OUT = Symbol('left out')

interface Spot {
  readonly place: Place
  readonly schema: Schema
  readonly value: unknown
}

/** Returns every place of a value with its schema. */
function spotsOf(schema: Schema, value: unknown, place: Place = []): Spot[] {
  const here = { place, schema, value }
  const choice = (schema.anyOf ?? schema.oneOf)?.find(({ type }) => type === kindOf(value))
  if (choice) return spotsOf(choice, value, place)
  if (Array.isArray(value))
    return [
      here,
      ...value.flatMap((item, index) => (schema.items ? spotsOf(schema.items, item, [...place, index]) : [])),
    ]
  if (!isRecord(value)) return [here]
  const members = Object.entries(schema.properties ?? {}).filter(([name]) => Object.hasOwn(value, name))
  return [here, ...members.flatMap(([name, member]) => spotsOf(member, value[name], [...place, name]))]
}

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value

type Change = readonly [how: string, after: unknown]

function changesOf(random: Random, schema: Schema, value: unknown, inside: boolean): readonly Change[] {
  const changes: Change[] = [
    [
      'wrong type',
      random.pick<unknown>(
        [null, true, 1, 1.5, 'text', '', [], {}, [[]]].filter((one) => kindOf(one) !== kindOf(value)),
      ),
    ],
    ['anything', hostileValue(random)],
  ]
  if (inside) changes.push(['left out', LEFT_OUT])
  if (typeof value === 'string') {
    const most = Math.min(schema.maxLength ?? 0, 20_000)
    changes.push(['empty', ''], ['blank', ' '], ['NUL', 'a\0b'], ['half of a surrogate pair', 'x\ud800'])
    if (most > 0) changes.push(['too long', 'a'.repeat(most + 1)], ['too long', '🙂'.repeat(most + 1)])
    if (schema.enum) changes.push(['no choice', `${value}x`], ['no choice', value.toUpperCase()])
  }
  if (typeof value === 'number') {
    for (const bound of [schema.minimum, schema.maximum])
      if (bound !== undefined) changes.push(['beyond', bound - 1], ['beyond', bound + 1])
    changes.push(['fraction', value + 0.5], ['huge', 1e300], ['text', String(value)])
  }
  if (Array.isArray(value) && schema.maxItems !== undefined && schema.maxItems <= 1000)
    changes.push(['too many', Array.from({ length: schema.maxItems + 1 }, () => value[0] ?? 1)])
  if (isRecord(value)) {
    const names = ['extra', '__proto__', 'constructor', 'toString', '', 'ID', 'a.b']
    const extra = { [random.pick(names)]: hostileValue(random) }
    changes.push(['extra member', Object.defineProperties({ ...value }, Object.getOwnPropertyDescriptors(extra))])
    for (const name of schema.required ?? [])
      changes.push(['required one left out', Object.fromEntries(Object.entries(value).filter(([one]) => one !== name))])
  }
  return changes
}

function withValue(within: unknown, [name, ...rest]: Place, value: unknown): unknown {
  if (name === undefined) return value
  const inner = (within as Record<string | number, unknown>)[name]
  const after = withValue(inner, rest, value)
  if (Array.isArray(within))
    return within.flatMap((item, index) => (index === name ? (after === LEFT_OUT ? [] : [after]) : [item]))
  const members = Object.entries(within as object).filter(([one]) => one !== name)
  return Object.fromEntries(after === LEFT_OUT ? members : [...members, [name, after]])
}
