import { type Cell, cellsOf, isNarrow, tabStop } from './columns.ts'
import type { Span } from './line.ts'
import { PLAIN, type Style, sameStyle } from './style.ts'

/** Pieces beyond this number are dropped. */
const MOST_PIECES = 8_192
/** The characters of text that is not narrow have to be looked at one by one, so its pieces are short. */
const LONGEST_WIDE = 64
/** Text of a row beyond this many UTF-16 units is dropped. */
const MOST_TEXT = 2_097_152

/** Text that stands from a column on. Columns are counted from 0. */
interface Run {
  readonly column: number
  readonly spans: readonly Span[]
}

/** What was written over a row: `runs`, and nothing else from the column `erasedFrom` on. */
export interface Overlay {
  readonly erasedFrom: number | null
  /** In order; they do not overlap. */
  readonly runs: readonly Run[]
}

/** Runs of narrow characters and of others. A character before others may have marks among them. */
const RUNS = /[ -~]+(?=[ -~]|$)|[ -~]?[^ -~]+/g

interface Piece {
  readonly column: number
  readonly width: number
  /** Null for blanks, which an erasure leaves. */
  readonly text: string | null
  readonly style: Style
  /** Each UTF-16 unit takes one column. */
  readonly narrow: boolean
}

/** A row of a terminal, or what was written over a row that is not known. */
export class Row {
  /** In order; they do not overlap. */
  #pieces: Piece[] = []
  #erasedFrom: number | null
  #length = 0
  /** Text was dropped. */
  cut = false
  isChanged = false

  /** @param isKnown - whether nothing stood there before. */
  constructor(isKnown: boolean) {
    this.#erasedFrom = isKnown ? 0 : null
  }

  /** Returns the row that shows a line. */
  static of(spans: readonly Span[]): Row {
    const row = new Row(true)
    let column = 0
    for (const { text, style } of spans) column = row.write(column, text, style)
    return row
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0
  }

  /** Writes over what stands there. @returns the column behind the text. */
  write(column: number, text: string, style: Style): number {
    this.isChanged = true
    if (isNarrow(text)) return this.#put({ column, width: text.length, text, style, narrow: true })
    let at = column
    text.split('\t').forEach((part, index) => {
      if (index > 0) at = tabStop(at)
      for (const run of part.match(RUNS) ?? []) {
        at = isNarrow(run)
          ? this.#put({ column: at, width: run.length, text: run, style, narrow: true })
          : this.#writeWide(at, run, style)
      }
    })
    return at
  }

  #writeWide(column: number, text: string, style: Style): number {
    let at = column
    let part = ''
    let width = 0
    const put = () => {
      at = this.#put({ column: at, width, text: part, style, narrow: false })
      part = ''
      width = 0
    }
    const [first, ...others] = cellsOf(text)
    const isMarked = first?.width === 0 && this.#mark(column, first.text)
    for (const cell of first && !isMarked ? [first, ...others] : others) {
      if (part !== '' && part.length + cell.text.length > LONGEST_WIDE) put()
      part += cell.text
      width += cell.width
    }
    if (part !== '') put()
    return at
  }

  /** Adds marks to the character in front of a column, as if they had come with it. @returns whether there is one. */
  #mark(column: number, marks: string): boolean {
    const index = this.#placeOf(column) - 1
    const piece = this.#pieces[index]
    if (!piece || piece.text === null || piece.column + piece.width !== column) return false
    const cells = piece.narrow ? [] : cellsOf(piece.text)
    const last = cells.at(-1) ?? { text: piece.text.slice(-1), width: 1 }
    const rest = piece.text.slice(0, piece.text.length - last.text.length)
    const at = column - last.width
    const marked = { ...piece, column: at, width: last.width, text: last.text + marks, narrow: false }
    const before = rest === '' ? [] : [{ ...piece, width: at - piece.column, text: rest }]
    this.#length += marks.length
    this.#pieces.splice(index, 1, ...before, marked)
    return true
  }

  eraseFrom(column: number): void {
    this.isChanged = true
    this.#clear(column, Number.POSITIVE_INFINITY)
    this.#erasedFrom = Math.min(this.#erasedFrom ?? column, column)
  }

  /** Erases up to a column, and that too. */
  eraseTo(column: number): void {
    this.isChanged = true
    this.#clear(0, column + 1)
    const width = Math.min(column + 1, this.#erasedFrom ?? column + 1)
    if (width > 0) this.#pieces.unshift({ column: 0, width, text: null, style: PLAIN, narrow: true })
  }

  /** Writes what was written over a row. */
  lay({ erasedFrom, runs }: Overlay): void {
    if (erasedFrom !== null) this.eraseFrom(erasedFrom)
    for (const { column, spans } of runs) {
      let at = column
      for (const { text, style } of spans) at = this.write(at, text, style)
    }
  }

  /** Returns what was written. */
  overlay(): Overlay {
    const runs: { column: number; spans: Span[] }[] = []
    let end = -1
    for (const piece of this.#pieces) {
      const last = runs.at(-1)
      if (last && piece.column === end) add(last.spans, shown(piece))
      else runs.push({ column: piece.column, spans: [shown(piece)] })
      end = piece.column + piece.width
    }
    return { erasedFrom: this.#erasedFrom, runs }
  }

  /**
   * Returns the row as a line, with blanks between what was written. Blanks at its end are left out: whether they were
   * written or skipped is not known of a line that was shown before.
   */
  spans(): Span[] {
    const spans: Span[] = []
    let end = 0
    for (const piece of this.#pieces) {
      if (piece.column > end) add(spans, { text: ' '.repeat(piece.column - end), style: PLAIN })
      add(spans, shown(piece))
      end = piece.column + piece.width
    }
    return withoutBlanks(spans)
  }

  /** Continuing the copy does not affect the original. */
  copy(): Row {
    const copy = new Row(true)
    copy.#pieces = [...this.#pieces]
    copy.#erasedFrom = this.#erasedFrom
    copy.#length = this.#length
    copy.cut = this.cut
    copy.isChanged = this.isChanged
    return copy
  }

  /** @returns the column behind the piece. */
  #put(piece: Piece): number {
    const { column, width, text } = piece
    const end = column + width
    if (text === '') return end
    if (this.#length + (text?.length ?? 0) > MOST_TEXT) {
      this.cut = true
      return end
    }
    this.#length += text?.length ?? 0
    const last = this.#pieces.at(-1)
    if (!last || column >= last.column + last.width) {
      this.#append(piece, last)
      return end
    }
    this.#clear(column, end)
    if (this.#pieces.length < MOST_PIECES) this.#pieces.splice(this.#placeOf(column), 0, piece)
    else this.cut = true
    return end
  }

  #append(piece: Piece, last: Piece | undefined): void {
    const { column, width, text, style, narrow } = piece
    const goesOn = last && last.text !== null && text !== null && column === last.column + last.width
    const fits = narrow || (last?.text?.length ?? 0) + (text?.length ?? 0) <= LONGEST_WIDE
    if (goesOn && fits && last.narrow === narrow && sameStyle(last.style, style)) {
      this.#pieces[this.#pieces.length - 1] = { ...last, text: last.text + text, width: last.width + width }
    } else if (this.#pieces.length < MOST_PIECES) this.#pieces.push(piece)
    else this.cut = true
  }

  /** Removes what stands from one column up to another. Half of a wide character leaves a blank. */
  #clear(from: number, to: number): void {
    let first = this.#placeOf(from)
    // Marks without a character stand in front of the column.
    while (this.#pieces[first - 1]?.width === 0 && this.#pieces[first - 1]?.column === from) first -= 1
    const kept: Piece[] = []
    let at = first
    for (let piece = this.#pieces[at]; piece && piece.column < to; piece = this.#pieces[at]) {
      at += 1
      this.#length -= piece.text?.length ?? 0
      const end = piece.column + piece.width
      if (piece.column < from) kept.push(part(piece, piece.column, from))
      if (end > to) kept.push(part(piece, to, end))
    }
    for (const { text } of kept) this.#length += text?.length ?? 0
    if (at > first) this.#pieces.splice(first, at - first, ...kept)
  }

  /** Returns the index of the first piece that ends behind a column. */
  #placeOf(column: number): number {
    let low = 0
    let high = this.#pieces.length
    while (low < high) {
      const middle = (low + high) >> 1
      const piece = this.#pieces[middle]
      if (piece && piece.column + piece.width <= column) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Returns the part of a piece between two columns. */
function part(piece: Piece, from: number, to: number): Piece {
  const { column, text, narrow } = piece
  const width = to - from
  if (text === null) return { ...piece, column: from, width }
  if (narrow) return { ...piece, column: from, width, text: text.slice(from - column, to - column) }
  let shownText = ''
  let at = column
  for (const cell of cellsOf(text)) {
    shownText += between(cell, at, { from, to })
    at += cell.width
  }
  return { ...piece, column: from, width, text: shownText }
}

/** Returns what a cell at a column shows between two others. */
function between({ text, width }: Cell, at: number, { from, to }: { from: number; to: number }): string {
  const end = at + width
  if (at >= from && end <= to && (width > 0 || at < to)) return text
  return ' '.repeat(Math.max(0, Math.min(end, to) - Math.max(at, from)))
}

const shown = ({ text, width, style }: Piece): Span => ({ text: text ?? ' '.repeat(width), style })

function add(spans: Span[], span: Span): void {
  const last = spans.at(-1)
  if (last && sameStyle(last.style, span.style)) spans[spans.length - 1] = { ...last, text: last.text + span.text }
  else spans.push(span)
}

function withoutBlanks(spans: Span[]): Span[] {
  const last = spans.at(-1)
  if (!last || !sameStyle(last.style, PLAIN)) return spans
  const text = last.text.replace(/(?<! ) +$/, '')
  if (text !== '') return [...spans.slice(0, -1), { ...last, text }]
  return withoutBlanks(spans.slice(0, -1))
}
