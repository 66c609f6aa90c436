import { isUtf8 } from 'node:buffer'
import { isStorable } from '@yardmaster/common'

/** How deep the reference checks for malformed strings (`docs/protocol/common.md 2.8`): `a`, `a[b]` and `a[b][c]`. */
const LEVELS = 3

/** Returns whether a string in these parameters, names included, can't be stored or passed on. */
export function hasMalformedString(value: unknown, levels = LEVELS): boolean {
  if (typeof value === 'string') return !isStorable(value)
  if (levels === 0 || typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => !isStorable(name) || hasMalformedString(member, levels - 1))
}

/** Decodes a percent-encoded part of a request; null unless it is well-formed UTF-8. */
export function percentDecoded(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}

/**
 * Decodes as UTF-8 what Node read as Latin-1, as it does with request lines and headers. Returns null for invalid
 * UTF-8.
 */
export function utf8FromLatin1(text: string): string | null {
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : null
}
