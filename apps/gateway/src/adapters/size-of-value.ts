/** Cost of each value besides its text, in bytes, and of an object or a list. */
const VALUE = 16
const CONTAINER = 40
/** Cost of a key, in bytes: an object with keys that were not there before takes much longer to unpack. */
const KNOWN_KEY = 8
const NEW_KEY = 256

/**
 * Returns whether a value of plain data costs more than so many bytes when another thread unpacks it; for texts these
 * are their characters. Objects count once, because a further reference to one is sent as a number; a text counts each
 * time. Stops as soon as it is larger: a text of a mebibyte that stands in a thousand places must not be written a
 * thousand times.
 */
export function isLargerThan(value: unknown, bytes: number): boolean {
  const seen = new Set<object>()
  const keys = new Set<string>()
  const open: unknown[] = [value]
  let size = 0
  while (open.length > 0 && size <= bytes) {
    const next = open.pop()
    size += VALUE
    if (typeof next === 'string') size += next.length
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    size += CONTAINER
    if (Array.isArray(next)) {
      // A list that is too long by itself is not copied.
      size += next.length
      if (size <= bytes) for (const item of next) open.push(item)
      continue
    }
    for (const [key, member] of Object.entries(next)) {
      size += keys.has(key) ? KNOWN_KEY : NEW_KEY + key.length
      keys.add(key)
      open.push(member)
    }
  }
  return size > bytes
}
