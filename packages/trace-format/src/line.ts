import { isRed, type Style } from './style.ts'

/** A run of text in one style. The text is data: it may contain anything and is never markup. */
export interface Span {
  readonly text: string
  readonly style: Style
}

/** The content of a line's 32-byte prefix (`docs/protocol/trace.md 10`). */
export interface Stamp {
  /** `2024-05-14T11:43:19.997683Z` */
  readonly time: string
  /** Two hex digits: 00 the executor, 01 the script, 0f and up services. */
  readonly stream: string
  readonly channel: 'out' | 'err'
}

/** A section that begins with the line; the line's text is the section's header (`docs/protocol/trace.md 9`). */
export interface SectionStart {
  /** Lower case, with `-` for every character other than `a-z 0-9`. */
  readonly name: string
  /** Seconds since 1970. */
  readonly startedAt: number
  /** As given, including unknown ones: `collapsed`, `hide_duration`. */
  readonly options: Readonly<Record<string, string>>
}

/**
 * A section that ended at the line, before its text. The end of a section also ends all sections opened inside it, so
 * that a section left open by a failing script does not hide what follows.
 */
export interface SectionEnd {
  readonly name: string
  /** Number of the line that holds its header. */
  readonly headerLine: number
  readonly startedAt: number
  /** Seconds since 1970; null when the section ended only because another of the same name began. */
  readonly endedAt: number | null
}

/**
 * A line of a log as it is shown.
 *
 * Lines are numbered from 1 in the order in which they are stored, so that a number means the same to server and
 * browser and never changes while the log grows. A line ends at `\n`, even at one in the middle of a progress bar's
 * last state; with time stamps, a line and its `+` continuations count as one. A section marker that opens or closes a
 * section ends the line softly if text or another header stands before it. Otherwise marker and text share one line:
 * the usual `section_end … section_start … header` is one line, and a lone `section_end` is one empty line.
 */
export interface Line {
  readonly number: number
  readonly spans: readonly Span[]
  /** Null without time stamps. When a line was joined from pieces, the stamp of the last. */
  readonly stamp: Stamp | null
  /** The section whose header this line is. */
  readonly section: SectionStart | null
  /** The sections that ended here, innermost first. The line is their footer if it has no text. */
  readonly ends: readonly SectionEnd[]
  /** The number of sections that the line is inside of; a header is outside its own. */
  readonly depth: number
  /** Text beyond `MOST_LINE_TEXT` or `MOST_SPANS` was left out. */
  readonly cut: boolean
}

/** Returns a line's text without colour codes and markers, as it is copied and searched. */
export const plainText = (line: Pick<Line, 'spans'>): string =>
  line.spans.length === 1 ? (line.spans[0]?.text ?? '') : line.spans.map((span) => span.text).join('')

/** Returns whether any text other than blanks is red. */
export const spansAreRed = (spans: readonly Span[]): boolean =>
  spans.some((span) => isRed(span.style) && /[^ \t]/.test(span.text))

/**
 * Formats seconds as `MM:SS`, or `HH:MM:SS` from one hour on (`docs/protocol/trace.md 9`). Negative values count as 0.
 */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
  return hours > 0 ? `${two(hours)}:${minutes}` : minutes
}
