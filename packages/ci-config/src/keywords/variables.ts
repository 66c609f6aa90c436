import type { Variable } from '../variable.ts'
import { entries, type Found, flag, list, members, optional, refuse, text } from './reading.ts'

const KEY = /^[A-Za-z0-9_]{1,255}$/

/** Refuses names that are not valid in a shell. */
export function variableKey(at: string, key: string): string {
  if (!KEY.test(key))
    refuse(at, `found the name ${JSON.stringify(key.slice(0, 60))}; allowed: 1 to 255 of A-Z a-z 0-9 _`)
  return key
}

/** Reads the `variables` of a job or service: scalars, or objects with `value` and `expand`. */
export function yamlVariables(found: Found): Variable[] {
  return entries(found, 'an object of names and values').map(([key, variable]) => {
    variableKey(variable.at, key)
    return { key, ...(isObject(variable) ? described(variable) : { value: scalar(variable) }) }
  })
}

const isObject = ({ value }: Found): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Turns numbers and booleans into text: runners accept nothing else. */
function scalar({ at, value }: Found): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') return refuse(at, 'found neither text nor a number; allowed: text, numbers, booleans')
  // Such a number has lost digits before it arrives here.
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
    refuse(at, 'found a number too large to keep its digits; write it as text')
  return String(value)
}

function described(found: Found): { value: string; raw?: true } {
  // `description` and `options` are for people who fill in a form; here the value is already given.
  const given = members(found, ['value', 'description', 'options', 'expand'])
  optional(given.description, (description) => text(description), null)
  const options = optional(given.options, (all) => list(all, scalar), null)
  const value = optional(given.value, scalar, '')
  if (options && !options.includes(value)) refuse(`${found.at}.value`, 'found a value that is not among its options')
  return { value, ...(optional(given.expand, flag, true) ? {} : { raw: true }) }
}
