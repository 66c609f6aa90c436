/** The number of characters scanned between two pauses. */
const STEP = 65_536

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d])

/**
 * Measures JSON without parsing it: how deep it is nested and an upper bound of its number of values. Pauses regularly.
 * Returns some figures for text that is not JSON, too.
 */
export function* measureJson(text: string): Generator<void, { depth: number; values: number }> {
  let depth = 0
  let open = 0
  let values = 1
  let inString = false
  let pause = STEP
  for (let at = 0; at < text.length; at++) {
    if (at >= pause) {
      yield
      pause = at + STEP
    }
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === BACKSLASH) at += 1
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (code === COMMA) values += 1
    else if (OPENING.has(code)) {
      values += 1
      open += 1
      depth = Math.max(depth, open)
    } else if (CLOSING.has(code)) open -= 1
  }
  return { depth, values }
}
