/** A place in the drawn rows. */
export interface RowPlace {
  readonly row: number
  /** Pixels below the row's top. */
  readonly offset: number
  /** The offset as a share of the row's height. */
  readonly share: number
}

/** The rows that are drawn: children of one element that is moved behind the viewport. */
export class DrawnRows {
  /** Number of the first drawn row. */
  first = 0
  /** Distance of their top below the viewport's top, in pixels. */
  y = 0
  #element: HTMLElement | null = null

  mount(element: HTMLElement | null): void {
    this.#element = element
  }

  get count(): number {
    return this.#element?.children.length ?? 0
  }

  get height(): number {
    return this.#element?.offsetHeight ?? 0
  }

  moveTo(y: number): void {
    this.y = y
    if (this.#element) this.#element.style.transform = `translateY(${y}px)`
  }

  /** Returns a drawn row's top within the drawn rows, and its height; null when the row is not drawn. */
  extentOf(row: number): { top: number; height: number } | null {
    const element = this.#element?.children[row - this.first]
    return element instanceof HTMLElement ? { top: element.offsetTop, height: element.offsetHeight } : null
  }

  /** Returns the drawn row at a height within the drawn rows, or null when there is none. */
  at(top: number): RowPlace | null {
    let low = this.first
    let high = this.first + this.count - 1
    if (high < low || top < 0) return null
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.extentOf(middle)?.top ?? Number.POSITIVE_INFINITY) <= top) low = middle
      else high = middle - 1
    }
    const found = this.extentOf(low)
    const height = Math.max(1, found?.height ?? 0)
    if (!found || top >= found.top + height) return null
    return { row: low, offset: top - found.top, share: (top - found.top) / height }
  }

  /** Returns the row at the viewport's top. */
  atTop(): RowPlace | null {
    return this.at(-this.y)
  }
}
