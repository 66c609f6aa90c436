import { shownText } from '@yardmaster/common'

/**
 * Replaces each character that could disguise text on a page by U+FFFD, in what a runner reports about itself. The
 * runner is not refused, because only showing its text is dangerous.
 */
export function visible<T>(value: T): T {
  if (typeof value === 'string') return shownText(value) as T
  if (Array.isArray(value)) return value.map(visible) as T
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [shownText(name), visible(member)])) as T
}
