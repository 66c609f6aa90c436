import type { SectionEnd } from './line.ts'
import type { Marker } from './markers.ts'
import type { OpenSection } from './state.ts'

/** Sections open at once; a start marker beyond is dropped. */
export const MOST_OPEN_SECTIONS = 32

/**
 * What a marker ends, the innermost first, and what stays open: what was opened inside a section ends with it, and with
 * one of the same name, which begins again. Null when it means nothing: it ends what is not open, or opens too many.
 */
export function endedBy(
  { kind, name, seconds }: Marker,
  open: readonly OpenSection[],
): { readonly ends: readonly SectionEnd[]; readonly remaining: readonly OpenSection[] } | null {
  const at = open.findIndex((section) => section.name === name)
  const remaining = at === -1 ? open : open.slice(0, at)
  if (kind === 'end' ? at === -1 : remaining.length >= MOST_OPEN_SECTIONS) return null
  const endedAt = kind === 'end' ? seconds : null
  const ended = open.slice(remaining.length).reverse()
  return { ends: ended.map((section) => ({ ...section, endedAt })), remaining }
}
