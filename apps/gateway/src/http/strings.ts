import { isUtf8 } from 'node:buffer'
import { isStorable } from '@yardmaster/common'

/** How deep the reference looks for malformed strings (`docs/protocol/common.md 2.8`): `a`, `a[b]` and `a[b][c]`. */
const LEVELS = 3

/** Whether one of the strings in these parameters, names among them, can't be stored or passed on. */
export function hasMalformedString(value: unknown, levels = LEVELS): boolean {
  if (typeof value === 'string') return !isStorable(value)
  if (levels === 0 || typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => !isStorable(name) || hasMalformedString(member, levels - 1))
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
