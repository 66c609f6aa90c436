import type { Line, Stamp } from './line.ts'
import type { LineChange } from './line-change.ts'
import { LONGEST_MARKER, type Marker, markerAt } from './markers.ts'
import { NewestLine } from './newest-line.ts'
import type { Pen } from './pen.ts'
import { CR, endOfRun, LF, S, storedAhead } from './scan.ts'
import { endedBy } from './sections.ts'
import { PREFIX_LENGTH, prefixAt, streamOf } from './stamps.ts'
import { type OpenSection, START, type TraceState, type Within } from './state.ts'
import { Streams } from './streams.ts'

/** A change as the parser finds it. */
export interface FoundChange extends LineChange {
  /** The number of UTF-16 units that had been pushed when it became known. */
  readonly offset: number
}

/**
 * Turns log text into lines, in pieces of any size: the same bytes give the same lines. It keeps one unfinished line
 * and the position of each stream, but no other text, so work and memory are bounded by what is pushed. It never
 * throws.
 *
 * | input | effect |
 * | --- | --- |
 * | `\n` | ends the line and everything unfinished in it; with time stamps only once another line begins |
 * | a stored line marked `+` | continues its stream's last line: the newest one, or, as a change, one already returned
 * |
 * | `\r` | clears the text of its stream's line as soon as something other than `\r` or `\n` follows in it |
 * | `ESC [ … m`, `ESC ] 8 ; …` | changes the stream's style or link, which persist over line ends |
 * | any other escape sequence | nothing; one cut off by the line's end takes the rest of the line with it |
 * | a section marker | see `Line` |
 *
 * @see `docs/protocol/trace.md 9–11`
 */
export class TraceParser {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  /** Text received but not processed: the start of what may become a prefix or a marker. */
  #held = ''
  /** Offset of `#held`, counted from the first character pushed. */
  #offset = 0
  #final = false

  // Between lines
  #stored: number
  #stamped: boolean | null
  #streams: Streams
  #sections: readonly OpenSection[]
  #changes: FoundChange[] = []

  // The stored line that is being read. `#changing` is set when it continues a line that was returned.
  #atStart = true
  #pen: Pen
  #stamp: Stamp | null = null
  #changing = false
  /** It may begin with the rest of a section marker. */
  #resuming = false

  #newest: NewestLine

  /** @param state - from `save()`, to continue at the line that starts there. */
  constructor(state: TraceState = START) {
    this.#stored = state.stored
    this.#stamped = state.stamped
    this.#streams = new Streams(state.style, state.streams)
    this.#sections = state.sections
    this.#pen = this.#streams.use('')
    this.#newest = new NewestLine(state.line, this.#pen)
    if (!state.within) return
    this.#openLine(0, state.within.stamp, state.within)
    this.#resuming = this.#pen.resumeMarker(state.within.marker)
  }

  /**
   * Takes the next piece of the log, as text or UTF-8 bytes; invalid UTF-8 becomes U+FFFD.
   *
   * @returns the lines that it finished; `changes` tells which of the lines returned so far were continued after all.
   */
  push(piece: string | Uint8Array): Line[] {
    const lines: Line[] = []
    this.#changes = []
    this.#take(typeof piece === 'string' ? piece : this.#decoder.decode(piece, { stream: true }), lines)
    return lines
  }

  /** Ends the log and returns the unfinished lines, see also `changes`. Nothing may be pushed afterwards. */
  end(): Line[] {
    const lines: Line[] = []
    this.#changes = []
    this.#final = true
    this.#take(this.#decoder.decode(), lines)
    if (this.#changing) this.#endChange(this.#offset)
    if (this.#newest.isOpen) lines.push(this.#newest.close())
    return lines
  }

  /**
   * How lines that were returned continued during the last `push` or `end`, in order. Includes lines that this very
   * call returned.
   */
  get changes(): readonly FoundChange[] {
    return this.#changes
  }

  /** Whether lines carry time stamps; null before the first one. */
  get stamped(): boolean | null {
    return this.#stamped
  }

  /**
   * Returns what `end()` would return now, without ending: the last line, and with time stamps perhaps the one before
   * it; and how a returned line continues in the stored line that has not ended.
   */
  unfinished(): { readonly lines: Line[]; readonly changes: readonly FoundChange[] } {
    const copy = this.#copy()
    return { lines: copy.end(), changes: copy.changes }
  }

  /** The number and start of the first line that was not returned yet; cheaper than `save`. */
  get place(): { readonly line: number; readonly offset: number } {
    const { number, isOpen, start } = this.#newest
    return { line: number, offset: isOpen ? start.offset : this.#offset }
  }

  /**
   * Returns the state at the start of the first line that was not returned yet, and how many UTF-16 units had been
   * pushed before it. A parser created from it returns the same lines for the text that follows.
   */
  save(): { state: TraceState; offset: number } {
    if (!this.#newest.isOpen) this.#startLine(this.#offset, null)
    const { style, streams } = this.#streams.start()
    const { number: line, start } = this.#newest
    const { offset, ...begun } = start
    return { state: { line, stamped: this.#stamped, style, streams, ...begun }, offset }
  }

  #take(text: string, lines: Line[]): void {
    const input = this.#held === '' ? text : this.#held + text
    let at = 0
    while (at < input.length) {
      if (this.#atStart) {
        const begun = this.#begin(input, at, lines)
        if (begun === 'unfinished') break
        at = begun
        continue
      }
      if (this.#resuming) {
        const resumed = this.#resumeMarker(input, at, lines)
        if (resumed === 'unfinished') break
        at = resumed
        continue
      }
      if (this.#pen.escapes.inside) {
        at = this.#escape(input, at, lines)
        continue
      }
      const to = endOfRun(input, at, this.#stamped === true)
      if (to > at) this.#pen.append(input.slice(at, to))
      at = to
      if (at === input.length) break
      const code = input.charCodeAt(at)
      if (code !== S) {
        at = this.#control(code, at, lines)
        continue
      }
      const marked = this.#markerAt(input, at, lines)
      if (marked === 'unfinished') break
      at = marked
    }
    this.#held = input.slice(at)
    this.#offset += at
  }

  /** Reads the start of a stored line: whether it has a prefix, and whether it continues its stream's last line. */
  #begin(input: string, at: number, lines: Line[]): number | 'unfinished' {
    let prefix = this.#stamped === false ? null : prefixAt(input, at)
    if (prefix === 'unfinished') {
      if (!this.#final) return 'unfinished'
      prefix = null
    }
    this.#stamped ??= prefix !== null
    const stamp = prefix?.stamp ?? null
    if (stamp === null || !prefix?.continues || !this.#goOn(stamp)) {
      if (this.#newest.isOpen) lines.push(this.#newest.close())
      this.#openLine(this.#offset + at, stamp, null)
    }
    this.#atStart = false
    return prefix ? at + PREFIX_LENGTH : at
  }

  /** Continues the last line of a stream. @returns whether there is one. */
  #goOn(stamp: Stamp): boolean {
    const pen = this.#streams.resume(streamOf(stamp))
    if (!pen) return false
    this.#pen = pen
    this.#stamp = stamp
    this.#resuming = pen.marker !== ''
    if (this.#newest.isOpen && pen.line === this.#newest.number) this.#newest.stamp = stamp
    else this.#changing = true
    return true
  }

  /** Reads a line feed, a carriage return or an escape outside of any sequence. */
  #control(code: number, at: number, lines: Line[]): number {
    if (code === CR) {
      this.#pen.return()
    } else if (code === LF) {
      this.#atStart = true
      if (this.#changing) this.#endChange(this.#offset + at + 1)
      else if (!this.#stamped) lines.push(this.#newest.close())
      this.#stored += 1
    } else {
      this.#pen.clearIfReturned()
      this.#pen.escapes.begin()
    }
    return at + 1
  }

  /** Reads on inside an escape sequence. A line end ends it, unless the line is continued. */
  #escape(input: string, at: number, lines: Line[]): number {
    const code = input.charCodeAt(at)
    const pen = this.#pen
    if (code === CR) pen.escapes.drop()
    if (code === CR || code === LF) return this.#control(code, at, lines)
    return pen.escapes.read(input, at, pen)
  }

  /** Reads an `s`, which may begin a section marker. */
  #markerAt(input: string, at: number, lines: Line[]): number | 'unfinished' {
    const { begun, end } = storedAhead(input, at, this.#stamped === true)
    const marker = markerAt(begun, 0)
    if (marker === 'unfinished') {
      if (end === null && !this.#final) return 'unfinished'
      // With time stamps, the rest of the marker may come when the stream continues.
      if (this.#stamped) {
        this.#pen.cutMarker(begun)
        return at + begun.length
      }
    }
    if (marker === null || marker === 'unfinished') {
      this.#pen.append('s')
      return at + 1
    }
    this.#mark(marker, this.#offset + at, lines)
    return at + marker.length
  }

  /** Reads the start of a stored line that continues a cut marker. */
  #resumeMarker(input: string, at: number, lines: Line[]): number | 'unfinished' {
    const pen = this.#pen
    const { marker: before } = pen
    const { begun, end } = storedAhead(input, at, true, LONGEST_MARKER - before.length)
    const marker = markerAt(before + begun, 0)
    if (marker === 'unfinished') {
      if (end === null && !this.#final) return 'unfinished'
      this.#resuming = false
      pen.cutMarker(before + begun)
      return at + begun.length
    }
    if (marker === null) {
      this.#resuming = pen.giveUpMarker()
      return at
    }
    this.#resuming = false
    pen.dropMarker()
    this.#mark(marker, this.#offset + at, lines, before)
    return at + marker.length - before.length
  }

  /** @param begun - the part of the marker that stands in an earlier stored line. */
  #mark(marker: Marker, offset: number, lines: Line[], begun = ''): void {
    this.#pen.clearIfReturned()
    const ended = endedBy(marker, this.#sections)
    if (!ended) return
    if (this.#changing || !this.#pen.isEmpty || this.#newest.section) {
      const stamp = this.#stamp
      if (this.#changing) this.#endChange(offset)
      if (this.#newest.isOpen) lines.push(this.#newest.close())
      this.#openLine(offset, stamp, { stamp, ...(begun !== '' && { marker: begun }) })
    }
    this.#newest.mark(marker, ended)
    const { name, seconds: startedAt } = marker
    this.#sections =
      marker.kind === 'end'
        ? ended.remaining
        : [...ended.remaining, { name, startedAt, headerLine: this.#newest.number }]
  }

  #openLine(offset: number, stamp: Stamp | null, within: Within | null): void {
    this.#startLine(offset, within)
    this.#atStart = false
    this.#resuming = false
    this.#stamp = stamp
    this.#pen = this.#streams.use(stamp ? streamOf(stamp) : '')
    this.#newest.open(this.#pen, stamp)
  }

  #startLine(offset: number, within: Within | null): void {
    this.#streams.begin()
    this.#newest.start = { offset, stored: this.#stored, sections: this.#sections, within }
  }

  /** @param offset - the offset at which the change became known. */
  #endChange(offset: number): void {
    this.#changing = false
    if (!this.#stamp) return
    const { line: number } = this.#pen
    this.#changes.push({ number, stored: this.#stored, stamp: this.#stamp, offset, ...this.#pen.take() })
  }

  #copy(): TraceParser {
    const copy = new TraceParser()
    copy.#held = this.#held
    copy.#offset = this.#offset
    copy.#stored = this.#stored
    copy.#stamped = this.#stamped
    copy.#streams = this.#streams.copy()
    copy.#sections = this.#sections
    copy.#atStart = this.#atStart
    copy.#pen = copy.#streams.use(this.#pen.name)
    copy.#stamp = this.#stamp
    copy.#changing = this.#changing
    copy.#resuming = this.#resuming
    copy.#newest = this.#newest.copy((name) => copy.#streams.use(name))
    return copy
  }
}
