import {
  byLine,
  type Color,
  changeLines,
  type FoundChange,
  type Line,
  plainText,
  type Span,
  type Stamp,
  type Style,
  TraceParser,
} from '@yardmaster/trace-format'

export interface PrinterOptions {
  /** Whether the colours of the log are kept; without them its text is plain. */
  readonly colours: boolean
  /** Whether each line begins with its time, if the log has times. */
  readonly timestamps: boolean
}

/** The beginning of a section mark, of which the rest may follow. */
const MARKER_BEGUN = /s(?:e(?:c(?:t(?:i(?:o(?:n(?:_\S*)?)?)?)?)?)?)?$/

/** What stands on the screen of the line that the parser has not returned. */
interface Ahead {
  readonly number: number
  readonly text: string
  /** Whether a line end was written behind it. */
  readonly ended: boolean
}

/**
 * Turns log text into the text that is printed, in pieces of any size, with the parser of the dashboard: section marks
 * and escape sequences other than colours are gone, a line cleared by carriage returns has its last state. What was
 * printed cannot be changed: a line that another stream's line interrupted goes on in a line of its own, and so does
 * what is written into an earlier line.
 */
export class LogPrinter {
  readonly #parser = new TraceParser()
  readonly #options: PrinterOptions
  #ahead: Ahead | null = null
  #endsLine = true

  constructor(options: PrinterOptions) {
    this.#options = options
  }

  /** Takes the next piece, and returns what it finished. */
  push(text: string): string {
    if (text !== '') this.#endsLine = text.endsWith('\n')
    const lines = this.#parser.push(text)
    return this.#print(lines, this.#parser.changes)
  }

  /**
   * Returns what of the unfinished line can be shown while nothing follows. With time stamps, that a line is finished
   * only shows when the next one begins, which may take minutes.
   */
  peek(): string {
    const [line, next] = this.#parser.unfinished().lines
    // When another line has begun behind it, the line is over; of that other one, the prefix may be incomplete.
    const ended = next !== undefined || this.#endsLine
    if (!line || this.#isFooter(line)) return ''
    const text = plainText(line)
    if (!ended && (text === '' || this.#parser.stamped !== false || MARKER_BEGUN.test(text))) return ''
    const before = this.#ahead?.number === line.number ? this.#ahead : null
    // It was cleared, or goes on behind a line end: that is printed when it is over.
    if (before && (before.ended || !text.startsWith(before.text))) return ''
    const shown = this.#write(
      before ? cutSpans(line.spans, before.text.length) : line.spans,
      before ? null : line.stamp,
    )
    this.#ahead = { number: line.number, text, ended }
    return ended ? `${shown}\n` : shown
  }

  /** Ends the log, and returns the rest. */
  end(): string {
    const lines = this.#parser.end()
    const rest = this.#print(lines, this.#parser.changes)
    const open = this.#ahead && !this.#ahead.ended ? '\n' : ''
    this.#ahead = null
    return rest + open
  }

  #print(lines: readonly Line[], changes: readonly FoundChange[]): string {
    const first = lines[0]?.number ?? Number.POSITIVE_INFINITY
    const late = byLine(changes.filter(({ number }) => number < first))
    const printed = changeLines(lines, changes).map((line) => this.#line(line))
    for (const { spans, overlay, stamp } of late.values()) {
      const written = [...spans, ...(overlay?.runs.flatMap((run) => run.spans) ?? [])]
      if (written.length > 0) printed.push(`${this.#write(written, stamp)}\n`)
    }
    return printed.join('')
  }

  #line(line: Line): string {
    const ahead = this.#ahead
    if (ahead?.number === line.number) {
      this.#ahead = null
      const text = plainText(line)
      if (!text.startsWith(ahead.text)) return `${ahead.ended ? '' : '\n'}${this.#write(line.spans, line.stamp)}\n`
      const rest = cutSpans(line.spans, ahead.text.length)
      if (!ahead.ended) return `${this.#write(rest, null)}\n`
      return rest.length > 0 ? `${this.#write(rest, line.stamp)}\n` : ''
    }
    return this.#isFooter(line) ? '' : `${this.#write(line.spans, line.stamp)}\n`
  }

  /** A line that has no text because it only ends a section. */
  #isFooter = (line: Line): boolean => line.ends.length > 0 && line.section === null && plainText(line) === ''

  #write(spans: readonly Span[], stamp: Stamp | null): string {
    const { colours, timestamps } = this.#options
    const time = timestamps && stamp ? `${colours ? `\u001b[2m${stamp.time}\u001b[0m` : stamp.time} ` : ''
    return time + spans.map(({ text, style }) => (colours ? coloured(clean(text), style) : clean(text))).join('')
  }
}

/** Removes control characters: the parser reads escape sequences, but leaves others in the text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
const clean = (text: string): string => text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '')

/** Returns spans without their first UTF-16 units. */
function cutSpans(spans: readonly Span[], units: number): readonly Span[] {
  let left = units
  return spans.flatMap(({ text, style }) => {
    const rest = text.slice(left)
    left = Math.max(0, left - text.length)
    return rest === '' ? [] : [{ text: rest, style }]
  })
}

function coloured(text: string, style: Style): string {
  const codes = codesOf(style)
  return codes.length === 0 || text === '' ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`
}

function codesOf(style: Style): (number | string)[] {
  const { fg, bg, bold, dim, italic, underline, doubled, overlined, inverse, conceal, crossed } = style
  return [
    ...(bold ? [1] : []),
    ...(dim ? [2] : []),
    ...(italic ? [3] : []),
    ...(underline ? [4] : []),
    ...(inverse ? [7] : []),
    ...(conceal ? [8] : []),
    ...(crossed ? [9] : []),
    ...(doubled ? [21] : []),
    ...(overlined ? [53] : []),
    ...(fg ? [codeOf(fg, 30)] : []),
    ...(bg ? [codeOf(bg, 40)] : []),
  ]
}

/** @param base - 30 for the text, 40 for the ground. */
function codeOf({ palette, index }: Color, base: number): number | string {
  if (palette === 'rgb') return `${base + 8};2;${index >> 16};${(index >> 8) & 255};${index & 255}`
  if (palette === 256) return `${base + 8};5;${index}`
  return index < 8 ? base + index : base + 60 + index - 8
}
