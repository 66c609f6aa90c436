export const MOST_NUMBERS = 10_000

/** Numbers of lines, ascending: lists the first ones and counts all. */
export class LineNumbers {
  readonly #list: number[] = []
  count = 0

  get list(): readonly number[] {
    return this.#list
  }

  add(line: number): void {
    this.count += 1
    const at = this.#placeOf(line)
    if (at === MOST_NUMBERS) return
    this.#list.splice(at, 0, line)
    if (this.#list.length > MOST_NUMBERS) this.#list.pop()
  }

  remove(line: number): void {
    this.count -= 1
    const at = this.#placeOf(line)
    if (this.#list[at] === line) this.#list.splice(at, 1)
  }

  /** Returns whether a line is listed. */
  has(line: number): boolean {
    return this.#list[this.#placeOf(line)] === line
  }

  /** Returns how many listed lines come before a line. */
  #placeOf(line: number): number {
    let low = 0
    let high = this.#list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#list[middle] ?? 0) < line) low = middle + 1
      else high = middle
    }
    return low
  }
}
