/** A range of lines that are not shown, both ends included. */
export interface HiddenLines {
  readonly first: number
  /** `Infinity` when it reaches to the end, even of a log that grows. */
  readonly last: number
}

/** Maps lines to rows and back. Lines count from 1, rows from 0; hidden lines have no row. */
export class Folding {
  readonly lineCount: number
  readonly rowCount: number
  /** Disjoint and ascending, each with the number of lines hidden before it. */
  readonly #gaps: { readonly first: number; readonly last: number; readonly before: number }[] = []

  constructor(lineCount: number, hidden: readonly HiddenLines[]) {
    this.lineCount = lineCount
    let before = 0
    let reached = 0
    for (const range of [...hidden].sort((a, b) => a.first - b.first)) {
      const first = Math.max(range.first, reached + 1, 1)
      const last = Math.min(range.last, lineCount)
      if (last < first) continue
      this.#gaps.push({ first, last, before })
      before += last - first + 1
      reached = last
    }
    this.rowCount = Math.max(0, lineCount - before)
  }

  /** Returns the line in a row; a row out of range counts as the nearest one. */
  lineAt(row: number): number {
    const wanted = Math.min(Math.max(0, row), Math.max(0, this.rowCount - 1))
    const gap = this.#lastGap(({ first, before }) => first - 1 - before <= wanted)
    const hidden = gap ? gap.before + gap.last - gap.first + 1 : 0
    return wanted + hidden + 1
  }

  /** Returns the row of a line, or for a hidden line the row of the last visible line before it. */
  rowOf(line: number): number {
    const wanted = Math.min(Math.max(1, line), Math.max(1, this.lineCount))
    const gap = this.#lastGap(({ first }) => first <= wanted)
    if (!gap) return wanted - 1
    if (wanted <= gap.last) return Math.max(0, gap.first - 2 - gap.before)
    return wanted - 1 - gap.before - (gap.last - gap.first + 1)
  }

  isHidden(line: number): boolean {
    const gap = this.#lastGap(({ first }) => first <= line)
    return gap !== undefined && line <= gap.last
  }

  #lastGap(fits: (gap: { first: number; before: number }) => boolean) {
    let low = 0
    let high = this.#gaps.length
    while (low < high) {
      const middle = (low + high) >> 1
      const gap = this.#gaps[middle]
      if (gap && fits(gap)) low = middle + 1
      else high = middle
    }
    return this.#gaps[low - 1]
  }
}
