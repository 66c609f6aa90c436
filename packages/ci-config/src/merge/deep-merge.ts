import { Dict, type Value } from '../yaml/tree.ts'

/**
 * Returns both maps as one: maps inside them are merged key by key, anything else of the second replaces what the first
 * has, also by null. A key keeps the position of its first appearance.
 */
export function deepMerge(first: Dict, second: Dict): Dict {
  const merged = first.copy()
  for (const [key, value, place] of second.entries()) merged.set(key, mergedValue(merged.get(key), value), place)
  return merged
}

const mergedValue = (first: Value | undefined, second: Value): Value =>
  first instanceof Dict && second instanceof Dict ? deepMerge(first, second) : second
