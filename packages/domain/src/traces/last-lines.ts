import {
  changeLine,
  type Line,
  type LineChange,
  SEVERITY_TEXT,
  type Severity,
  severityOfText,
  spansAreRed,
  streamOf,
} from '@yardmaster/trace-format'
import { utf8 } from './latin1.ts'

const HEADER_CHARACTERS = 200
/** Bytes kept of a line: a character of UTF-8 has at most four. */
const KEPT = SEVERITY_TEXT * 4

interface LastLine {
  /** The whole line, until the text that it was parsed from is let go; then its beginning. */
  readonly line: Line
  readonly severity: Severity | null
}

/** The lines that may still continue, as an index needs them: the last one of each of at most 512 streams. */
export class LastLines {
  readonly #lines = new Map<number, LastLine>()
  readonly #byStream = new Map<string, number>()
  /** Lines that are no longer the last ones, but may have continued before that. */
  #over: number[] = []
  /** Lines that are kept whole. */
  readonly #whole = new Set<number>()

  /** @returns what the line reports. */
  take(line: Line): Severity | null {
    const severity = severityOf(line)
    if (!line.stamp) return severity
    const stream = streamOf(line.stamp)
    const before = this.#byStream.get(stream)
    if (before !== undefined) this.#over.push(before)
    this.#byStream.set(stream, line.number)
    this.#lines.set(line.number, { line, severity })
    this.#whole.add(line.number)
    return severity
  }

  /** Applies a continuation of a line. @returns the line's facts after it, and what it reported before. */
  change(change: LineChange): { severity: Severity | null; before: Severity | null; header: string | null } {
    const last = this.#lines.get(change.number)
    const line = changeLine(last?.line ?? unknown(change), change)
    const severity = severityOf(line)
    this.#lines.set(change.number, { line, severity })
    this.#whole.add(change.number)
    return { severity, before: last?.severity ?? null, header: line.section ? this.headerOf(line) : null }
  }

  /** Call when all continuations of the lines so far were applied. */
  settle(): void {
    for (const number of this.#over) this.#lines.delete(number)
    this.#over = []
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
