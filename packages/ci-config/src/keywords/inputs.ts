import type { StoredForm } from '@yardmaster/common'
import type { Keyword } from './keyword.ts'
import { entries, type Found, list, members, oneOf, optional, refuse, required, text } from './reading.ts'

const TYPES = ['string', 'number', 'boolean', 'array', 'struct'] as const
const MAX_OPTIONS = 50
const NAME = /^[A-Za-z0-9_-]{1,255}$/

interface JobInput {
  readonly key: string
  readonly type: 'string' | 'number' | 'boolean' | 'array' | 'struct'
  readonly content: unknown
  readonly sensitive: boolean
}

const INPUT: StoredForm<JobInput> = {
  key: { since: 1 },
  type: { since: 1, words: { string: 1, number: 1, boolean: 1, array: 1, struct: 1 } },
  content: { since: 1 },
  sensitive: { since: 1, absent: false },
}

export const inputs: Keyword<readonly JobInput[]> = {
  keyword: 'inputs',
  read: readInputs,
  stored: { since: 1, absent: [], parts: INPUT },
  feature: 'job_inputs',
  examples: [{ depth: { default: 3, type: 'number' }, name: 'lantern' }],
}

/** Reads the inputs of a job: name → `{type, default, options, description}`. A bare value is its own default. */
function readInputs(found: Found): JobInput[] {
  return entries(found, 'an object of inputs').map(([key, input]) => {
    if (!NAME.test(key)) refuse(input.at, 'found an invalid name; allowed: 1 to 255 of A-Z a-z 0-9 _ -')
    if (typeOf(input.value) !== 'struct') return { key, ...valued(input, null) }
    const given = members(input, ['type', 'default', 'description', 'options', 'regex'])
    if (given.regex) refuse(given.regex.at, 'is not supported: an input always has its default')
    optional(given.description, (description) => text(description), null)
    const type = optional(given.type, (one) => oneOf(one, TYPES), 'string')
    const value = required(given.default, `${input.at}.default`, (content) => valued(content, type))
    const options = optional(
      given.options,
      (all) => list(all, (one) => JSON.stringify(one.value), { most: MAX_OPTIONS }),
      null,
    )
    if (options && !options.includes(JSON.stringify(value.content))) {
      refuse(`${input.at}.default`, 'found a value that is not among its options')
    }
    return { key, ...value }
  })
}

/** A runner fails the whole job when the content does not have the announced type. */
function valued({ at, value }: Found, announced: JobInput['type'] | null): Omit<JobInput, 'key'> {
  const type = typeOf(value)
  if (type === null) return refuse(at, 'found nothing; an input needs a value')
  if (announced !== null && type !== announced) refuse(at, `found a ${type}; allowed: a ${announced}`)
  return { type, content: value, sensitive: false }
}

function typeOf(value: unknown): JobInput['type'] | null {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return typeof value as 'string'
  return 'struct'
}
