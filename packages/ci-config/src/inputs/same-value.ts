import { Float, isInteger, toJson, type Value } from '../yaml/tree.ts'

/** Whether two values are equal. Numbers are compared as numbers, with a point or without. */
export function isEqual(first: Value, second: Value): boolean {
  const [one, other] = [numberOf(first), numberOf(second)]
  if (one !== null || other !== null) return one === other
  return first === second || JSON.stringify(toJson(first)) === JSON.stringify(toJson(second))
}

function numberOf(value: Value): number | null {
  if (value instanceof Float) return value.value
  return isInteger(value) ? Number(value) : null
}
