import {
  changeLine,
  type Line,
  type LineChange,
  SEVERITY_TEXT,
  type Severity,
  type Span,
  severityOfText,
  spansAreRed,
  streamOf,
} from '@yardmaster/trace-format'
import { latin1, utf8 } from './latin1.ts'

const HEADER_CHARACTERS = 200
/** Bytes kept of a line: a character of UTF-8 has at most four. */
const KEPT = SEVERITY_TEXT * 4

interface LastLine {
  /** The whole line, until the text that it was parsed from is let go; then its beginning. */
  readonly line: Line
  readonly severity: Severity | null
}

/** The last lines of a stream that are kept, because its cursor may go back to them; with many streams fewer. */
const MOST_ROWS = 64
const MOST_LINES = 512

/**
 * The lines that may still change, as an index needs them: the last one of each of at most 512 streams, and the last
 * ones of all.
 */
export class LastLines {
  readonly #lines = new Map<number, LastLine>()
  readonly #byStream = new Map<string, number[]>()
  /** Lines that are kept whole. */
  readonly #whole = new Set<number>()

  /** @returns what the line reports. */
  take(line: Line): Severity | null {
    const severity = severityOf(line)
    this.#lines.set(line.number, { line, severity })
    this.#whole.add(line.number)
    const stream = line.stamp ? streamOf(line.stamp) : ''
    const rows = this.#byStream.get(stream)
    if (rows) rows.push(line.number)
    else this.#byStream.set(stream, [line.number])
    return severity
  }

  /**
   * Applies a continuation of a line.
   *
   * @returns the line's facts after it, and what it reported before; undefined when that is not known any more.
   */
  change(change: LineChange): {
    severity: Severity | null
    before: Severity | null | undefined
    header: string | null
  } {
    const last = this.#lines.get(change.number)
    const line = changed(last?.line ?? unknown(change), change)
    const severity = severityOf(line)
    this.#lines.set(change.number, { line, severity })
    this.#whole.add(change.number)
    return { severity, before: last?.severity, header: line.section ? this.headerOf(line) : null }
  }

  /** Call when all continuations of the lines so far were applied. */
  settle(): void {
    const most = Math.min(MOST_ROWS, Math.max(1, Math.floor(MOST_LINES / this.#byStream.size)))
    for (const rows of this.#byStream.values()) rows.splice(0, Math.max(0, rows.length - most))
    const kept = new Set([...this.#byStream.values()].flat())
    for (const number of this.#lines.keys()) if (!kept.has(number)) this.#lines.delete(number)
    for (const number of this.#whole) {
      const last = this.#lines.get(number)
      if (last) this.#lines.set(number, { ...last, line: beginningOf(last.line) })
    }
    this.#whole.clear()
  }

  headerOf(line: Line): string {
    return Array.from(utf8(startOf(line.spans).slice(0, HEADER_CHARACTERS * 4)).trim())
      .slice(0, HEADER_CHARACTERS)
      .join('')
  }
}

/** Returns what a line of one character per byte reports. */
function severityOf({ spans }: Line): Severity | null {
  if (spans.length === 0) return null
  const text = startOf(spans)
  return severityOfText(IS_ASCII.test(text) ? text : utf8(text)) ?? (spansAreRed(spans) ? 'red' : null)
}

/** Does not join the spans of a line of mebibytes. */
function startOf(spans: Line['spans']): string {
  let text = ''
  for (const span of spans) {
    text += span.text
    if (text.length >= KEPT) return text.slice(0, KEPT)
  }
  return text
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const IS_ASCII = /^[\x00-\x7f]*$/

/** Returns a line with a copy of its beginning: a substring keeps the whole string in memory, here a chunk of log. */
function beginningOf(line: Line): Line {
  let room = KEPT
  const spans = line.spans.flatMap(({ text, style }) => {
    const kept = text.slice(0, Math.max(0, room))
    room -= text.length
    return kept === '' ? [] : [{ style, text: Buffer.from(kept, 'latin1').toString('latin1') }]
  })
  return { ...line, spans }
}

/** Returns a line of one character per byte after a change. */
function changed(line: Line, change: LineChange): Line {
  if (change.overlay === null) return changeLine(line, change)
  const withText = ({ text, style }: Span): Span => ({ text: utf8(text), style })
  const after = changeLine(
    { ...line, spans: line.spans.map(withText) },
    { ...change, spans: change.spans.map(withText) },
  )
  return { ...after, spans: after.spans.map(({ text, style }) => ({ text: latin1(text), style })) }
}

/** Stands for a line that is no longer known. */
const unknown = ({ number, stamp }: LineChange): Line => ({
  number,
  spans: [],
  stamp,
  section: null,
  ends: [],
  depth: 0,
  cut: false,
})
