import { MAX_DEPTH } from '../yaml/read-yaml.ts'
import { Dict, Float, type Json, List, type Place, type Value } from '../yaml/tree.ts'

/** Strings are found so that digits inside them are left alone. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
/** A number that JSON.parse would not keep as written stands in a map with this key alone. */
const NUMBER_KEY = '\u0000number'

/**
 * Returns the value of a JSON text; undefined when it is not JSON, or nested more deeply than a configuration may be.
 * `1.0` stays a number with a point, and large integers keep all their digits.
 */
export function parseJson(text: string, place: Place): Value | undefined {
  try {
    JSON.parse(text)
    const marked = text.replaceAll(STRING_OR_NUMBER, (token) =>
      token.startsWith('"') || isExact(token) ? token : `{${JSON.stringify(NUMBER_KEY)}:"${token}"}`,
    )
    return fromJson(JSON.parse(marked) as Json, place)
  } catch {
    return undefined
  }
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const isExact = (token: string): boolean => /^-?\d+$/.test(token) && Number.isSafeInteger(Number(token))

/**
 * Returns a JSON value as a value of a configuration, all of it at one place.
 *
 * @throws RangeError for one that is nested more deeply than `MAX_DEPTH`.
 */
export function fromJson(json: Json, place: Place, depth = 0): Value {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply')
  if (Array.isArray(json)) {
    return new List(
      json.map((item) => fromJson(item, place, depth + 1)),
      json.map(() => place),
    )
  }
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json : new Float(json)
  if (typeof json !== 'object' || json === null) return json
  const number = json[NUMBER_KEY]
  if (typeof number === 'string' && NUMBER.test(number))
    return /[.eE]/.test(number) ? new Float(Number(number)) : BigInt(number)
  const dict = new Dict()
  for (const [key, value] of Object.entries(json)) dict.set(key, fromJson(value, place, depth + 1), place)
  return dict
}
