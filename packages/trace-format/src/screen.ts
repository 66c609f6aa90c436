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
  /** Lines that were erased, and in which nothing was written since. */
  readonly #erased = new Set<number>()
  /** Every line below this one was erased, and every line above the other. */
  #erasedBelow = Number.POSITIVE_INFINITY
  #erasedAbove = 0

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
    this.fill(line)
    if (this.#erased.size > 2 * MOST_ROWS) this.#forgetErased()
  }

  /** Erases the lines below a line. @returns those in which something was written since they were erased. */
  eraseBelow(line: number): readonly number[] {
    const written = this.#erase(line + 1, this.#erasedBelow)
    this.#erasedBelow = Math.min(line, this.#erasedBelow)
    return written
  }

  /** The same above a line. */
  eraseAbove(line: number): readonly number[] {
    const written = this.#erase(this.#erasedAbove, line - 1)
    this.#erasedAbove = Math.max(line, this.#erasedAbove)
    return written
  }

  /** Notes that something is written in a line. */
  fill(line: number): void {
    this.#erased.delete(line)
    this.#erasedBelow = Math.max(this.#erasedBelow, line)
    this.#erasedAbove = Math.min(this.#erasedAbove, line)
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

  #erase(from: number, to: number): number[] {
    const written = [...this.#between(from, to)].filter((line) => !this.#erased.has(line))
    for (const line of written) this.#erased.add(line)
    return written
  }

  #forgetErased(): void {
    const lines = new Set(this.#between(0, this.last))
    for (const line of this.#erased) if (!lines.has(line)) this.#erased.delete(line)
  }

  /** Yields the lines from one to another, as far as they are on the screen. */
  *#between(from: number, to: number): Generator<number> {
    for (const { first, last } of this.#ranges) {
      for (let at = Math.max(first, from); at <= Math.min(last, to); at++) yield at
    }
  }
}
