import { isRed, type Style } from './style.ts'

/** A run of text of one style. Text is data: it may hold anything, and is never markup. */
export interface Span {
  readonly text: string
  readonly style: Style
}

/** What the 32-byte prefix of a line says (`docs/protocol/trace.md 10`). */
export interface Stamp {
  /** `2024-05-14T11:43:19.997683Z` */
  readonly time: string
  /** Two hex digits: 00 the executor, 01 the script, 0f and up services. */
  readonly stream: string
  readonly channel: 'out' | 'err'
}

/** A section that begins with the line, whose text is its header (`docs/protocol/trace.md 9`). */
export interface SectionStart {
  /** Lower case, everything but `a-z 0-9` a `-`. */
  readonly name: string
  /** Seconds since 1970. */
  readonly startedAt: number
  /** As given, unknown ones too: `collapsed`, `hide_duration`. */
  readonly options: Readonly<Record<string, string>>
}

/**
 * A section that ended at the line, before its text. The end of a section ends everything opened inside it, so that a
 * section which a failing script left open does not hide what comes after.
 */
export interface SectionEnd {
  readonly name: string
  /** Number of the line with its header. */
  readonly headerLine: number
  readonly startedAt: number
  /** Seconds since 1970; null when it ended only because a section of its name began again. */
  readonly endedAt: number | null
}

/**
 * A line of a log as it is shown.
 *
 * Lines are numbered from 1 by what is stored, so that a number means the same to server and browser and never changes
 * while the log grows. A line ends at `\n`, also the one in the middle of a progress bar's last state; with time stamps,
 * a line and its `+` continuations count as one. A section marker that opens or closes something ends the line softly
 * if text or another header stands before it; otherwise marker and text share one line, so the usual
 * `section_end … section_start … header` is one line, and a lone `section_end` one empty line.
 */
export interface Line {
  readonly number: number
  readonly spans: readonly Span[]
  /** Null without time stamps. Of the last piece of a line glued together. */
  readonly stamp: Stamp | null
  /** The line is the header of this section. */
  readonly section: SectionStart | null
  /** What ended here, the innermost first. The footer of these sections, if the line has no text. */
  readonly ends: readonly SectionEnd[]
  /** How many sections the line is inside of; a header is outside its own. */
  readonly depth: number
  /** Text beyond `MOST_LINE_TEXT` or `MOST_SPANS` was left out. */
  readonly cut: boolean
}

/** A line's text without colour codes and markers: what is copied and searched. */
export const plainText = (line: Pick<Line, 'spans'>): string =>
  line.spans.length === 1 ? (line.spans[0]?.text ?? '') : line.spans.map((span) => span.text).join('')

/** Whether something other than blanks stands there in red. */
export const isErrorLine = (line: Pick<Line, 'spans'>): boolean =>
  line.spans.some((span) => isRed(span.style) && /[^ \t]/.test(span.text))

/**
 * Seconds as `MM:SS`, with hours in front from one hour on (`docs/protocol/trace.md 9`). Negative ones count as none.
 */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
  return hours > 0 ? `${two(hours)}:${minutes}` : minutes
}
