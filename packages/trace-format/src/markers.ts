/** Longer ones are plain text: state kept for a log has to be bounded. */
export const LONGEST_MARKER = 512

export interface Marker {
  readonly kind: 'start' | 'end'
  readonly seconds: number
  readonly name: string
  readonly options: Readonly<Record<string, string>>
  /** How many characters the marker has. */
  readonly length: number
}

const ESC = '\\x1b'
const OPTION = '[A-Za-z0-9_]+=[A-Za-z0-9_]+'
const MARKER = new RegExp(
  `^section_(start|end):(\\d+):([A-Za-z0-9_.-]+)(?:\\[(${OPTION}(?:, ?${OPTION})*)\\])?\\r${ESC}\\[0K`,
)
/** What may stand between a marker's keyword and its end, so far. */
const BODY = new RegExp(`^\\d*(?::[A-Za-z0-9_.-]*(?:\\[[A-Za-z0-9_=, ]*\\]?)?)?(?:\\r(?:${ESC}(?:\\[0?)?)?)?$`)

const KEYWORDS = ['section_start:', 'section_end:'] as const

/**
 * The section marker at `at` (`docs/protocol/trace.md 9`), null if there is none, `unfinished` if the text ends before
 * that can be said.
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

/** Whether more text could make `begun` a marker. */
export function couldBecomeMarker(begun: string): boolean {
  for (const keyword of KEYWORDS) {
    if (begun.length <= keyword.length) {
      if (keyword.startsWith(begun)) return true
    } else if (begun.startsWith(keyword)) return BODY.test(begun.slice(keyword.length))
  }
  return false
}

/** How much of a begun marker shows as text until the rest of it is there: what stands before its carriage return. */
export function visibleLength(begun: string): number {
  const end = begun.indexOf('\r')
  return end === -1 ? begun.length : end
}

// Joined anew: a part of a string would keep the whole chunk of log in memory that it was found in.
const presentable = (name: string): string => Array.from(name.toLowerCase().replace(/[^a-z0-9]/g, '-')).join('')

function readOptions(text: string | undefined): Record<string, string> {
  if (text === undefined) return {}
  // Pairs and not a plain object: an option may be called `__proto__`.
  return Object.fromEntries(text.split(/, ?/).map((pair) => pair.split('=') as [string, string]))
}
