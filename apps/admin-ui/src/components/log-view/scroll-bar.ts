import { ScrollMap } from './scroll-map.ts'

/** The scroll bar of content that may be taller than any element, and whose height is mostly an estimate. */
export class ScrollBar {
  /** Estimated mean height of a row. */
  rowPx: number
  readonly #usualPx: number
  box: HTMLElement | null = null
  #spacer: HTMLElement | null = null
  #map = new ScrollMap(0)
  /** The position we set last: any difference from it was caused by the user. */
  #top = 0

  constructor(rowPx: number) {
    this.#usualPx = rowPx
    this.rowPx = rowPx
  }

  /** @param spacer - an element in `box` that gives the bar its scroll height. */
  mount(box: HTMLElement | null, spacer: HTMLElement | null): void {
    this.box = box
    this.#spacer = spacer
  }

  /** Forgets the measured heights of rows. */
  forget(): void {
    this.rowPx = this.#usualPx
  }

  /** Adjusts the estimate to `rows` rows that measured `height` pixels: slowly, and not at all when it was close. */
  learn(rows: number, height: number): void {
    const mean = height / rows
    if (Math.abs(mean / this.rowPx - 1) > 0.2) this.rowPx = (this.rowPx + mean) / 2
  }

  /** Sets the number of rows, and the height when known. @returns whether the bar's position has to be corrected. */
  resize(rowCount: number, height: number | null): boolean {
    if (height !== null && rowCount > 0) this.rowPx = height / rowCount
    const before = this.#map.height
    this.#map = new ScrollMap(height ?? rowCount * this.rowPx)
    const now = this.#map.height
    if (now !== before && this.#spacer) this.#spacer.style.height = `${now}px`
    return now < before || before === 0
  }

  /** Returns how far the user has scrolled since the last call, in pixels. */
  moved(): number {
    const top = this.box?.scrollTop ?? 0
    const delta = top - this.#top
    if (Math.abs(delta) < 0.5) return 0
    this.#top = top
    return delta
  }

  /** Whether the bar is at its very end and cannot move further. */
  get atEnd(): boolean {
    return this.box !== null && this.#top >= this.box.scrollHeight - this.box.clientHeight - 1
  }

  get atStart(): boolean {
    return this.#top <= 0
  }

  /** Returns the row at the viewport's top that the bar's position stands for, with a fraction. */
  row(viewport: number): number {
    return this.#map.toContent(this.#top, viewport) / this.rowPx
  }

  /** Moves the bar to match the content: a row with a fraction, or the end. */
  put(row: number | 'end', viewport: number): void {
    if (!this.box) return
    const wanted = row === 'end' ? this.#map.height - viewport : this.#map.toScroll(row * this.rowPx, viewport)
    if (Math.abs(this.box.scrollTop - wanted) >= 1) this.box.scrollTop = wanted
    this.#top = this.box.scrollTop
  }
}
