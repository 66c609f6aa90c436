import { Dict, List, type Value } from '../yaml/tree.ts'

/** Bytes inside one block, functions not counted. */
const MAX_BYTES = 1024
const MAX_PARTS = 5
const MAX_INDICES = 5

const INDEXED = /^(\w*)((?:\[\d+\])+)$/

export type Accessed = { readonly value: Value } | { readonly errors: readonly string[] }

/**
 * Returns what a path like `inputs.name` or `inputs.list[0]` leads to.
 *
 * @param context - what paths begin with: `inputs`, and `component` in a component.
 */
export function accessValue(path: string, context: Dict): Accessed {
  const parts = split(path)
  const errors: string[] = []
  if (parts.length <= 1) errors.push('invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]')
  if (new TextEncoder().encode(path).length > MAX_BYTES) errors.push('maximum interpolation expression size exceeded')
  if (errors.length > 0) return { errors }
  try {
    return { value: parts.reduce<Value>((value, part) => step(value, part, path), context) }
  } catch (error) {
    if (error instanceof AccessError) return { errors: [error.message] }
    throw error
  }
}

class AccessError extends Error {}

/** Cuts at dots into at most five parts; an empty path has none. */
function split(path: string): string[] {
  if (path === '') return []
  const parts = path.split('.')
  return parts.length <= MAX_PARTS ? parts : [...parts.slice(0, MAX_PARTS - 1), parts.slice(MAX_PARTS - 1).join('.')]
}

function step(value: Value, part: string, path: string): Value {
  if (!part.includes('[')) return member(value, part, path)
  const found = INDEXED.exec(part)
  if (found === null) throw new AccessError(notAnIndex(part, path))
  const [, key = '', brackets = ''] = found
  if (key === '') throw new AccessError(`invalid indexed access without a key in \`${path}\``)
  const indices = [...brackets.matchAll(/\d+/g)].map(([digits]) => BigInt(digits))
  if (indices.length > MAX_INDICES) {
    throw new AccessError(`too many array indices in \`${path}\` (maximum depth: ${MAX_INDICES})`)
  }
  return indices.reduce((list, index) => item(list, index, path), member(value, key, path))
}

function member(value: Value, key: string, path: string): Value {
  const found = value instanceof Dict ? value.get(key) : undefined
  if (found === undefined) throw new AccessError(`unknown interpolation provided: \`${key}\` in \`${path}\``)
  return found
}

function item(value: Value, index: bigint, path: string): Value {
  if (!(value instanceof List)) throw new AccessError(`cannot index into non-array value at [${index}] in \`${path}\``)
  const found = value.items[Number(index)]
  if (found === undefined) {
    throw new AccessError(`array index ${index} out of bounds (size: ${value.items.length}) in \`${path}\``)
  }
  return found
}

function notAnIndex(part: string, path: string): string {
  const count = (bracket: string) => part.split(bracket).length - 1
  if (count('[') !== count(']')) return `invalid array index in \`${path}\`: missing closing bracket`
  const wrong = [...part.matchAll(/\[([^\]]*)\]/g)].find(([, inside = '']) => !/^\d+$/m.test(inside))
  return wrong
    ? `invalid array index in \`${path}\`: \`${wrong[1]}\` is not a valid index`
    : `invalid array index syntax in \`${path}\``
}
