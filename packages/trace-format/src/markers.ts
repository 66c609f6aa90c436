/** Longer markers are plain text: the state kept for a log has to be bounded. */
export const LONGEST_MARKER = 512

export interface Marker {
  readonly kind: 'start' | 'end'
  readonly seconds: number
  readonly name: string
  readonly options: Readonly<Record<string, string>>
  /** The length of the marker in UTF-16 units. */
  readonly length: number
}

const ESC = '\\x1b'
const OPTION = '[A-Za-z0-9_]+=[A-Za-z0-9_]+'
const MARKER = new RegExp(
  `^section_(start|end):(\\d+):([A-Za-z0-9_.-]+)(?:\\[(${OPTION}(?:, ?${OPTION})*)\\])?\\r${ESC}\\[0K`,
)
/** Matches every beginning of a marker after its keyword. */
const BODY = new RegExp(`^\\d*(?::[A-Za-z0-9_.-]*(?:\\[[A-Za-z0-9_=, ]*\\]?)?)?(?:\\r(?:${ESC}(?:\\[0?)?)?)?$`)

const KEYWORDS = ['section_start:', 'section_end:'] as const

/**
 * Returns the section marker at `at` (`docs/protocol/trace.md 9`), null if there is none, or `unfinished` if the text
 * ends too early to decide.
 */
export function markerAt(text: string, at: number): Marker | null | 'unfinished' {
  const ahead = text.slice(at, at + LONGEST_MARKER)
  const found = MARKER.exec(ahead)
  if (!found) return ahead.length < LONGEST_MARKER && couldBecomeMarker(ahead) ? 'unfinished' : null
  const [{ length }, kind, seconds, name = '', options] = found
  return {
    kind: kind as Marker['kind'],
    seconds: Math.min(Number(seconds), Number.MAX_SAFE_INTEGER),
    name: presentable(name),
    options: readOptions(options),
    length,
  }
}

/** Returns whether more text could turn `begun` into a marker. */
export function couldBecomeMarker(begun: string): boolean {
  for (const keyword of KEYWORDS) {
    if (begun.length <= keyword.length) {
      if (keyword.startsWith(begun)) return true
    } else if (begun.startsWith(keyword)) return BODY.test(begun.slice(keyword.length))
  }
  return false
}

/** Returns how much of a begun marker shows as text until the rest arrives: the part before its carriage return. */
export function visibleLength(begun: string): number {
  const end = begun.indexOf('\r')
  return end === -1 ? begun.length : end
}

// Rebuilt with `join`: a substring would keep in memory the whole chunk of log that it came from.
const presentable = (name: string): string => Array.from(name.toLowerCase().replace(/[^a-z0-9]/g, '-')).join('')

function readOptions(text: string | undefined): Record<string, string> {
  if (text === undefined) return {}
  // `fromEntries` and not assignment: an option may be called `__proto__`.
  return Object.fromEntries(text.split(/, ?/).map((pair) => pair.split('=') as [string, string]))
}
