import type { SectionEnd } from './line.ts'
import type { Marker } from './markers.ts'
import type { OpenSection } from './state.ts'

/** Most sections open at once; further start markers are dropped. */
const MOST_OPEN_SECTIONS = 32

/**
 * Returns the sections that a marker ends, innermost first, and those that stay open. A section ends together with all
 * sections opened inside it, also when another of the same name begins. Returns null when the marker has no effect: it
 * ends a section that is not open, or opens too many.
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
