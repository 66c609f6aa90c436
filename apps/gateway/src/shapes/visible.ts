import { shownText } from '@yardmaster/common'

/**
 * What a runner says of itself, with U+FFFD for each character that could make a page read as something else. Such a
 * runner is not refused: only showing it is dangerous.
 */
export function visible<T>(value: T): T {
  if (typeof value === 'string') return shownText(value) as T
  if (Array.isArray(value)) return value.map(visible) as T
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [shownText(name), visible(member)])) as T
}
