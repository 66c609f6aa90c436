/** Rows that a cursor can reach: the last ones of its stream. */
export const MOST_ROWS = 64

/** Numbers of successive lines. Plain JSON. */
export interface LineRange {
  readonly first: number
  readonly last: number
}

/** The last rows of a stream, each of which is a line. */
export class Screen {
  #ranges: { first: number; last: number }[]
  #count: number

  constructor(ranges: readonly LineRange[] = []) {
    this.#ranges = ranges.map((range) => ({ ...range }))
    this.#count = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  }

  /** The number of the lowest line; 0 when there is none. */
  get last(): number {
    return this.#ranges.at(-1)?.last ?? 0
  }

  /** Adds a line below the others. */
  add(line: number): void {
    const below = this.#ranges.at(-1)
    if (below?.last === line - 1) below.last = line
    else this.#ranges.push({ first: line, last: line })
    const top = this.#ranges[0]
    if (this.#count < MOST_ROWS || !top) this.#count += 1
    else if (top.first === top.last) this.#ranges.shift()
    else top.first += 1
  }

  clear(): void {
    this.#ranges = []
    this.#count = 0
  }

  /** Returns the line so many rows below a line, or above it when negative; at most the last or first one. */
  from(line: number, rows: number): number {
    return this.at(this.#rowOf(line) + rows)
  }

  /** Returns the line of a row, counted from 0; at most the last or first one. */
  at(row: number): number {
    let left = Math.max(0, Math.min(row, this.#count - 1))
    for (const { first, last } of this.#ranges) {
      if (left <= last - first) return first + left
      left -= last - first + 1
    }
    return this.last
  }

  /** Yields the lines from one to another, as far as there are any. */
  *between(from: number, to: number): Generator<number> {
    for (const { first, last } of this.#ranges) {
      for (let at = Math.max(first, from); at <= Math.min(last, to); at++) yield at
    }
  }

  /** Returns the rows without the last one, if that is the given line. */
  ranges(without: number | null): LineRange[] {
    const ranges = this.#ranges.map((range) => ({ ...range }))
    const below = ranges.at(-1)
    if (below === undefined || below.last !== without) return ranges
    below.last -= 1
    if (below.last < below.first) ranges.pop()
    return ranges
  }

  /** Returns the row of a line, or the first one below it. */
  #rowOf(line: number): number {
    let row = 0
    for (const { first, last } of this.#ranges) {
      if (line <= last) return row + Math.max(0, line - first)
      row += last - first + 1
    }
    return row
  }
}
