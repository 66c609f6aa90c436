import { decoded, encoded, unfinishedCharacter } from './bytes.ts'
import { columnBehind, isNarrow } from './columns.ts'
import { type Added, Draft } from './draft.ts'
import { type EscapeEffects, type EscapeState, Escapes } from './escapes.ts'
import { couldBecomeMarker, visibleLength } from './markers.ts'
import type { Move } from './moves.ts'
import { type Overlay, Row } from './row.ts'
import { type LineRange, Screen } from './screen.ts'
import { applyLink, applySgr, PLAIN, type Style, sameStyle } from './style.ts'

/** The position of a stream: everything needed to continue its line except the text. Plain JSON. */
export interface StreamState {
  /** Number and channel: `01O`. */
  readonly name: string
  /** Number of the line that a `+` continues: the one where the cursor is. */
  readonly line: number
  readonly style: Style
  /** The lines that its cursor can reach. */
  readonly rows: readonly LineRange[]
  /** The column of the cursor in `line`, when it is not 0. */
  readonly column?: number
  /** The cursor was moved in `line`: what is written there stands in place of what stood there. */
  readonly moved?: true
  /** The line ends in a carriage return. */
  readonly returned?: true
  /** An escape sequence that the stored line's end cut off. */
  readonly sequence?: EscapeState
  /** A section marker that the stored line's end cut off. */
  readonly marker?: string
}

interface Standing {
  line: number
  column: number
  moved: boolean
  style: Style
  returned: boolean
  sequence: EscapeState | null
  marker: string
}

/** The text written since it was last taken. */
export interface Written extends Added {
  /** What was written at columns; null when the cursor was not moved. */
  readonly overlay: Overlay | null
}

/** Cursors cannot be moved further to the right. */
const LAST_COLUMN = 511

/**
 * Writes the text of one stream: holds its style, what is unfinished in it, the rows that its cursor can reach, and the
 * text since it was last taken.
 *
 * Text is collected as spans as long as it goes on at the end of its line. Once the cursor was moved in a line, the rest
 * of that line is written at columns.
 */
export class Pen implements EscapeEffects {
  readonly name: string
  /** Number of the line it writes. */
  line: number
  style: Style
  readonly escapes = new Escapes()
  /** The lines that the cursor can reach. */
  readonly screen: Screen
  /** Whether the cursor was moved in the line. */
  moved: boolean
  /** What the last escape sequence asks for. */
  move: Move | null = null
  /** A section marker cut off by the end of a stored line. */
  marker = ''
  /** The number of its characters that stand in the line as text. */
  #shown = 0
  #returned: boolean
  /** Text has one character per byte. */
  readonly #bytes: boolean
  /** The column of the cursor; unless it was moved, the one where what was written begins. */
  #column: number
  #row: Row | null = null
  /** The first bytes of a character, of a row of bytes. */
  #begun = ''
  /** What is written at the end of the line. */
  #draft = new Draft()
  /** `#before` is the state when the line of this turn began. */
  #turn = 0
  readonly #before: Standing

  constructor(state: StreamState = NOTHING_WRITTEN, bytes = false) {
    const { name, line, style, rows, column, moved, returned, sequence, marker } = state
    this.#bytes = bytes
    this.screen = new Screen(rows)
    this.#column = column ?? 0
    this.moved = moved === true
    this.name = name
    this.line = line
    this.style = style
    this.#returned = returned === true
    if (sequence) this.escapes.resume(sequence)
    this.marker = marker ?? ''
    this.#shown = visibleLength(this.marker)
    this.#before = {
      ...{ line, style, column: this.#column, moved: this.moved },
      ...{ returned: this.#returned, sequence: null, marker: this.marker },
    }
  }

  /** Whether nothing visible was written. */
  get isEmpty(): boolean {
    return this.moved ? this.#begun === '' && this.#row?.isEmpty !== false : this.#draft.isEmpty
  }

  /** Whether the line ends in a carriage return. */
  get isReturned(): boolean {
    return this.#returned
  }

  /** Whether there is a row below the cursor. */
  get isAbove(): boolean {
    return this.line < this.screen.last
  }

  /** Whether something was written at columns since it was last taken. */
  get isChanged(): boolean {
    return this.#row?.isChanged === true || this.#begun !== ''
  }

  /** The column of the cursor. */
  get column(): number {
    if (this.#returned) return 0
    if (this.moved) return this.#column
    return this.#draft.columnFrom(this.#column, (column, text) => this.#columnBehind(column, text))
  }

  #columnBehind(column: number, text: string): number {
    return isNarrow(text) ? column + text.length : columnBehind(column, this.#decoded(text))
  }

  /** Begins a new line. Drops what was unfinished in the last one. */
  begin(line: number): void {
    this.line = line
    this.screen.add(line)
    this.#dropUnfinished()
    this.moved = false
    this.#column = 0
    this.#row = null
  }

  /** Moves the cursor to a line that was begun before, of which nothing has to be known. */
  enter(line: number, column: number): void {
    this.line = line
    this.moved = true
    this.#column = Math.max(0, Math.min(column, LAST_COLUMN))
    this.#row = null
    this.#returned = false
  }

  /** Moves the cursor to the start of the next row, where a new line of text begins. */
  down(): void {
    this.#dropUnfinished()
    this.enter(this.screen.from(this.line, 1), 0)
  }

  /** Moves the cursor in its line. The whole line was written since the pen was last taken. */
  lift(): void {
    if (this.moved) return
    const column = this.column
    const { spans, cut } = this.#draft.take(this.style)
    this.#row = Row.of(spans.map(({ text, style }) => ({ text: this.#decoded(text), style })))
    this.#row.cut = cut
    this.moved = true
    this.#column = column
    this.#returned = false
  }

  /** Moves the cursor to a column of its line. */
  moveTo(column: number): void {
    this.#endCharacter()
    this.#column = Math.max(0, Math.min(column, Math.max(this.#column, LAST_COLUMN)))
  }

  /** Erases from the cursor to the end of the line, up to the cursor, or all of the line. */
  erase(part: 'right' | 'left' | 'all'): void {
    this.#endCharacter()
    const row = this.#rowHere()
    if (part === 'left') row.eraseTo(this.#column)
    else row.eraseFrom(part === 'all' ? 0 : this.#column)
  }

  #rowHere(): Row {
    this.#row ??= new Row(false)
    return this.#row
  }

  #dropUnfinished(): void {
    this.escapes.drop()
    this.marker = ''
    this.#shown = 0
    this.#returned = false
  }

  append(text: string): void {
    if (this.moved) {
      this.#write(text)
      return
    }
    this.clearIfReturned()
    this.#draft.append(text)
  }

  #write(text: string): void {
    const whole = this.#begun + text
    const begun = this.#bytes ? unfinishedCharacter(whole) : 0
    this.#begun = whole.slice(whole.length - begun)
    if (begun < whole.length) this.#put(whole.slice(0, whole.length - begun))
  }

  #put(text: string): void {
    this.#column = this.#rowHere().write(this.#column, this.#decoded(text), this.style)
  }

  /** Writes what came of a character that does not go on. */
  #endCharacter(): void {
    if (this.#begun === '') return
    const begun = this.#begun
    this.#begun = ''
    this.#put(begun)
  }

  return(): void {
    if (!this.moved) this.#returned = true
    else this.moveTo(0)
  }

  /** Clears the line if a carriage return came before. */
  clearIfReturned(): void {
    if (!this.#returned) return
    this.#returned = false
    this.#draft.clear()
  }

  restyle(parameters: string): void {
    this.clearIfReturned()
    if (!/^[0-9;:]*$/.test(parameters)) return
    this.#setStyle(applySgr(this.style, parameters))
  }

  link(command: string): void {
    this.clearIfReturned()
    this.#setStyle(applyLink(this.style, command))
  }

  ignore(): void {
    this.clearIfReturned()
  }

  moveCursor(move: Move): void {
    this.move = move
  }

  #setStyle(style: Style): void {
    if (sameStyle(style, this.style)) return
    if (this.moved) this.#endCharacter()
    else this.#draft.endSpan(this.style)
    this.style = style
  }

  /** Records that the stored line ended inside what may become a section marker. */
  cutMarker(begun: string): void {
    const more = begun.slice(this.#shown, visibleLength(begun))
    this.marker = begun
    this.#shown += more.length
    if (more !== '') this.append(more)
  }

  /** Continues a marker that began before the line. @returns whether there is one. */
  resumeMarker(begun = ''): boolean {
    this.marker = begun
    this.#shown = 0
    return begun !== ''
  }

  /** Removes a cut marker from the text once it turned out to be a marker. */
  dropMarker(): void {
    const shown = this.#shown
    this.marker = ''
    this.#shown = 0
    if (shown === 0) return
    if (this.moved) {
      this.#column -= shown
      this.erase('right')
      return
    }
    this.#draft.drop(shown)
  }

  /**
   * Treats a cut marker as text once it turned out not to be one.
   *
   * @returns whether a part of it may still be the beginning of another.
   */
  giveUpMarker(): boolean {
    const begun = this.marker
    for (let at = begun.indexOf('s', 1); at !== -1; at = begun.indexOf('s', at + 1)) {
      if (!couldBecomeMarker(begun.slice(at))) continue
      this.marker = begun.slice(at)
      this.#shown = visibleLength(this.marker)
      return true
    }
    this.marker = ''
    this.#shown = 0
    for (const character of begun.slice(visibleLength(begun))) {
      if (this.escapes.inside) this.escapes.read(character, 0, this)
      else if (character === '\r') this.return()
      else this.escapes.begin()
    }
    return false
  }

  /** Returns what was written since this was last called. */
  take(): Written {
    if (this.moved) return this.#takeRow()
    // Only a line with a time stamp may go on after it.
    const column = this.name === '' ? 0 : this.column
    const written = { ...this.#draft.take(this.style), overlay: null }
    this.#column = column
    return written
  }

  #takeRow(): Written {
    this.#endCharacter()
    this.screen.fill(this.line)
    const row = this.#rowHere()
    const overlay = row.overlay()
    this.#row = null
    return { spans: [], drops: 0, clears: false, cut: row.cut, overlay }
  }

  /** Returns the whole line, which was written since the pen was last taken. */
  takeLine(): Pick<Written, 'spans' | 'cut'> {
    if (!this.moved) return this.take()
    this.#endCharacter()
    const row = this.#rowHere()
    this.#row = null
    return {
      spans: row.spans().map(({ text, style }) => ({ text: this.#bytes ? encoded(text) : text, style })),
      cut: row.cut,
    }
  }

  /** Saves the present state, unless that was already done in this turn. */
  remember(turn: number): void {
    if (this.#turn === turn) return
    this.#turn = turn
    const before = this.#before
    before.line = this.line
    before.column = this.moved || this.name !== '' ? this.column : 0
    before.moved = this.moved
    before.style = this.style
    before.returned = this.#returned
    before.sequence = this.escapes.state()
    before.marker = this.marker
  }

  /**
   * Returns the state when the line of a turn began: the saved one, or the present one if none was saved in that turn.
   *
   * @param newest - the number of that line; null when it has not begun.
   */
  stateAt(turn: number, newest: number | null): StreamState {
    return this.#turn === turn ? stateOf(this, this.#before, newest) : this.state(newest)
  }

  state(newest: number | null = null): StreamState {
    const { line, style, marker, moved } = this
    const column = moved || this.name !== '' ? this.column : 0
    const standing = { line, column, moved, style, marker, returned: this.#returned, sequence: this.escapes.state() }
    return stateOf(this, standing, newest)
  }

  copy(): Pen {
    const copy = new Pen(this.state(), this.#bytes)
    copy.#column = this.#column
    copy.#row = this.#row?.copy() ?? null
    copy.#begun = this.#begun
    copy.#shown = this.#shown
    copy.#draft = this.#draft.copy()
    return copy
  }

  #decoded(text: string): string {
    return this.#bytes ? decoded(text) : text
  }
}

function stateOf(
  { name, screen }: Pen,
  { line, column, moved, style, returned, sequence, marker }: Standing,
  newest: number | null,
): StreamState {
  return {
    ...{ name, line, style, rows: screen.ranges(newest) },
    ...(column > 0 && { column }),
    ...(moved && { moved: true as const }),
    ...(returned && { returned: true as const }),
    ...(sequence && { sequence }),
    ...(marker !== '' && { marker }),
  }
}

const NOTHING_WRITTEN: StreamState = { name: '', line: 0, style: PLAIN, rows: [] }
