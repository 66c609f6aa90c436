import { Pen } from './pen.ts'
import { type LineRange, MOST_ROWS } from './screen.ts'
import type { TraceState } from './state.ts'
import type { Style } from './style.ts'

/** The streams of a log, and their state where its newest line starts. */
export class Streams {
  readonly #bytes: boolean
  /** Writes text without a time stamp. */
  #unstamped: Pen
  #startStyle: Style
  #pens = new Map<string, Pen>()
  /** Counts the lines that have begun. */
  #turn = 1

  constructor(
    { style, streams, cursor, line, stamped }: Pick<TraceState, 'style' | 'streams' | 'cursor' | 'line' | 'stamped'>,
    bytes: boolean,
  ) {
    this.#bytes = bytes
    const rows = cursor?.rows ?? usualRows(line, stamped)
    this.#unstamped = new Pen({ name: '', style, line: cursor?.line ?? rows.at(-1)?.last ?? 0, rows }, bytes)
    this.#startStyle = style
    for (const state of streams) this.#pens.set(state.name, new Pen(state, bytes))
  }

  /** Begins a new line here, the one that `start` describes from now on. */
  begin(): void {
    this.#turn += 1
    this.#startStyle = this.#unstamped.style
  }

  /** Returns whether a stream has written something. */
  has(name: string): boolean {
    return this.#pens.has(name)
  }

  /** Returns whether there is a row below the cursor of a stream. */
  isAbove(name: string): boolean {
    const pen = name === '' ? this.#unstamped : this.#pens.get(name)
    return pen?.isAbove === true
  }

  /** Returns the stream's pen to write; `''` is the name for text without a time stamp. */
  use(name: string): Pen {
    const pen = this.#penOf(name)
    pen.remember(this.#turn)
    return pen
  }

  /**
   * Returns all streams in the state they had where the newest line starts.
   *
   * @param newest - its number.
   */
  start(newest: number, stamped: boolean | null): Pick<TraceState, 'style' | 'streams' | 'cursor'> {
    const states = [...this.#pens.values()].map((pen) => pen.stateAt(this.#turn, newest))
    const { line, rows } = this.#unstamped.stateAt(this.#turn, newest)
    const last = rows.at(-1)?.last ?? 0
    const isUsual = line === last && (rows.length === 0 ? stamped === true || newest === 1 : isWhole(rows, newest))
    return {
      style: this.#startStyle,
      // Streams that first wrote after it did not exist there.
      streams: states.filter((state) => state.line > 0),
      ...(!isUsual && { cursor: { line, rows } }),
    }
  }

  #penOf(name: string): Pen {
    if (name === '') return this.#unstamped
    const known = this.#pens.get(name)
    if (known) return known
    const pen = new Pen({ name, line: 0, style: {}, rows: [] }, this.#bytes)
    this.#pens.set(name, pen)
    return pen
  }

  /** Writing with the copy does not affect the original. */
  copy(): Streams {
    const copy = new Streams({ style: {}, streams: [], line: 1, stamped: null }, this.#bytes)
    copy.#unstamped = this.#unstamped.copy()
    for (const [name, pen] of this.#pens) copy.#pens.set(name, pen.copy())
    return copy
  }
}

/** Returns the rows that text without a time stamp has before a line, when its cursor was never moved. */
function usualRows(line: number, stamped: boolean | null): LineRange[] {
  return stamped === true || line <= 1 ? [] : [{ first: Math.max(1, line - MOST_ROWS), last: line - 1 }]
}

/** Returns whether rows are the usual ones. With the next line, the first of as many as there may be is out of reach. */
function isWhole(rows: readonly LineRange[], line: number): boolean {
  const [range] = rows
  return rows.length === 1 && range?.last === line - 1 && range.first <= Math.max(1, line - MOST_ROWS + 1)
}
