import { isUtf8 } from 'node:buffer'

/** How deep the reference looks for malformed strings (`common.md` 2.8): `a`, `a[b]` and `a[b][c]`. */
const LEVELS = 3

/** A NUL character, or half of a surrogate pair, which has no UTF-8 form. */
const isMalformed = (text: string): boolean => text.includes('\0') || !text.isWellFormed()

/** Whether one of the strings in these parameters can't be stored or passed on. */
export function hasMalformedString(value: unknown, levels = LEVELS): boolean {
  if (typeof value === 'string') return isMalformed(value)
  if (levels === 0 || typeof value !== 'object' || value === null) return false
  return Object.values(value).some((member) => hasMalformedString(member, levels - 1))
}

/** A percent-encoded stretch of a request as text; null unless it is well-formed UTF-8. */
export function percentDecoded(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}

/**
 * Node reads a request line and headers as Latin-1. The bytes behind them as UTF-8; null if they aren't.
 */
export function utf8FromLatin1(text: string): string | null {
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : null
}
