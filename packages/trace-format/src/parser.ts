import type { Line, Stamp } from './line.ts'
import type { LineChange } from './line-change.ts'
import { LONGEST_MARKER, type Marker, markerAt } from './markers.ts'
import type { Move } from './moves.ts'
import { NewestLine } from './newest-line.ts'
import type { Pen, Written } from './pen.ts'
import { BS, CR, endOfRun, LF, S, storedAhead } from './scan.ts'
import { endedBy } from './sections.ts'
import { PREFIX_LENGTH, prefixAt, streamOf } from './stamps.ts'
import { type OpenSection, START, type TraceState, type Within } from './state.ts'
import { Streams } from './streams.ts'

const ERASED: Written = { spans: [], drops: 0, clears: true, cut: false, overlay: null }

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
 * The cursor of a stream can be moved in its last 64 rows. A line that it leaves upwards is returned; what is written
 * into a returned line is a change of it.
 *
 * | input | effect |
 * | --- | --- |
 * | `\n` | ends the line and everything unfinished in it; with time stamps only once another line begins |
 * | a stored line marked `+` | continues its stream's last line: the newest one, or, as a change, one already returned
 * |
 * | `\r` | clears the text of its stream's line as soon as something other than `\r` or `\n` follows in it |
 * | `ESC [ … A` to `H`, `J`, `K`, and `\b` | moves the stream's cursor, or erases |
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
  readonly #bytes: boolean
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

  /**
   * @param state - from `save()`, to continue at the line that starts there.
   * @param options - `bytes` when the text that is pushed has one character per byte, and so have the lines.
   */
  constructor(state: TraceState = START, { bytes = false }: { readonly bytes?: boolean } = {}) {
    this.#stored = state.stored
    this.#stamped = state.stamped
    this.#bytes = bytes
    this.#streams = new Streams(state, bytes)
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
    return isOpen || !this.#atStart
      ? { line: start.line, offset: start.offset }
      : { line: number, offset: this.#offset }
  }

  /** The number of the last line that was returned. */
  get returned(): number {
    return this.#newest.number - 1
  }

  /**
   * Returns the state at the start of the first line that was not returned yet, or at the start of the last stored line,
   * and how many UTF-16 units had been pushed before it. A parser created from it returns the same lines for the text that follows.
   */
  save(): { state: TraceState; offset: number } {
    if (!this.#newest.isOpen && this.#atStart) this.#startLine(this.#offset, null)
    const { start } = this.#newest
    const { offset, ...begun } = start
    return { state: { stamped: this.#stamped, ...this.#streams.start(start.line, this.#stamped), ...begun }, offset }
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
    const goesOn = stamp !== null && prefix?.continues === true && this.#goOn(this.#offset + at, stamp)
    if (!goesOn && !this.#goDown(this.#offset + at, stamp)) {
      if (this.#newest.isOpen) lines.push(this.#newest.close())
      this.#openLine(this.#offset + at, stamp, null)
    }
    this.#atStart = false
    return prefix ? at + PREFIX_LENGTH : at
  }

  /** Continues the last line of a stream. @returns whether there is one. */
  #goOn(offset: number, stamp: Stamp): boolean {
    if (!this.#streams.has(streamOf(stamp))) return false
    if (!this.#newest.isOpen) this.#startLine(offset, null)
    const pen = this.#streams.use(streamOf(stamp))
    this.#pen = pen
    this.#stamp = stamp
    this.#resuming = pen.marker !== ''
    if (this.#newest.isOpen && pen.line === this.#newest.number) this.#newest.stamp = stamp
    else this.#changing = true
    return true
  }

  /** Begins a stored line in the row below the stream's cursor. @returns whether there is one. */
  #goDown(offset: number, stamp: Stamp | null): boolean {
    const name = stamp ? streamOf(stamp) : ''
    if (!this.#streams.isAbove(name)) return false
    if (!this.#newest.isOpen) this.#startLine(offset, null)
    this.#pen = this.#streams.use(name)
    this.#pen.down()
    this.#stamp = stamp
    this.#resuming = false
    this.#changing = true
    return true
  }

  /** Reads a control character outside of any sequence. */
  #control(code: number, at: number, lines: Line[]): number {
    if (code === CR) {
      this.#pen.return()
    } else if (code === BS) {
      this.#lift(this.#offset + at)
      this.#pen.moveTo(this.#pen.column - 1)
    } else if (code === LF) {
      this.#atStart = true
      if (this.#changing) this.#endChange(this.#offset + at + 1)
      else if (!this.#stamped) lines.push(this.#newest.close())
      this.#stored += 1
    } else {
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
    const next = pen.escapes.read(input, at, pen)
    const { move } = pen
    if (move) {
      pen.move = null
      this.#move(move, this.#offset + next, lines)
    }
    return next
  }

  #move(move: Move, offset: number, lines: Line[]): void {
    if (move.kind === 'erase') {
      if (move.of === 'line') this.#eraseLine(move.part, offset)
      else this.#eraseScreen(move.part, offset, lines)
      return
    }
    this.#lift(offset)
    const pen = this.#pen
    switch (move.kind) {
      case 'columns':
        pen.moveTo(pen.column + move.by)
        break
      case 'column':
        pen.moveTo(move.to)
        break
      default: {
        const line = move.kind === 'row' ? pen.screen.at(move.to) : pen.screen.from(pen.line, move.by)
        this.#enter(line, move.column ?? pen.column, { offset, lines })
      }
    }
  }

  /** Lets the rest of the line be written at columns. */
  #lift(offset: number): void {
    const pen = this.#pen
    if (pen.moved) return
    if (!this.#changing) {
      pen.lift()
      return
    }
    const { line, column } = pen
    this.#endChange(offset)
    pen.enter(line, column)
    this.#changing = true
  }

  /** Moves the cursor to a line. The newest line is returned when the cursor leaves it. */
  #enter(line: number, column: number, { offset, lines }: { offset: number; lines: Line[] }): void {
    if (line === this.#pen.line) {
      this.#pen.moveTo(column)
      return
    }
    if (this.#changing) this.#endChange(offset)
    else lines.push(this.#newest.close())
    this.#pen.enter(line, column)
    this.#changing = true
  }

  #eraseLine(part: 'right' | 'left' | 'all', offset: number): void {
    const pen = this.#pen
    if (!pen.moved) {
      const isAtStart = pen.isReturned
      pen.clearIfReturned()
      // Nothing stands to the right of what was written last.
      if (part === 'right' || (part === 'all' && isAtStart)) return
    }
    this.#lift(offset)
    pen.erase(part)
  }

  /** Text before a wholly erased screen stays: the screen begins anew below it. */
  #eraseScreen(part: 'right' | 'left' | 'all', offset: number, lines: Line[]): void {
    const pen = this.#pen
    if (part === 'all') {
      if (this.#changing) this.#endChange(offset)
      if (this.#newest.isOpen) lines.push(this.#newest.close())
      pen.screen.clear()
      this.#openLine(offset, this.#stamp, { stamp: this.#stamp })
      return
    }
    this.#eraseLine(part, offset)
    const { screen, line } = pen
    const rows = part === 'right' ? screen.eraseBelow(line) : screen.eraseAbove(line)
    for (const row of rows) this.#change(row, offset, ERASED)
  }

  #change(number: number, offset: number, written: Written): void {
    this.#changes.push({ number, stored: this.#stored, stamp: this.#stamp, offset, ...written })
    // Changes of one line differ in this number, so that each is known to be before or after another.
    this.#stored += 1
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
    const line = this.#newest.number
    this.#newest.start = { line, offset, stored: this.#stored, sections: this.#sections, within }
  }

  /** @param offset - the offset at which the change became known. */
  #endChange(offset: number): void {
    this.#changing = false
    const pen = this.#pen
    if (pen.moved && !pen.isChanged) return
    this.#change(pen.line, offset, pen.take())
  }

  #copy(): TraceParser {
    const copy = new TraceParser(START, { bytes: this.#bytes })
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
