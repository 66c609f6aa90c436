import { ScrollMap } from './scroll-map.ts'

/** The scroll bar of content that may be taller than any element, and of whose height most is an estimate. */
export class ScrollBar {
  /** Mean height of a row, as far as known. */
  rowPx: number
  readonly #usualPx: number
  box: HTMLElement | null = null
  #spacer: HTMLElement | null = null
  #map = new ScrollMap(0)
  /** Where we left it: what differs from it was somebody else. */
  #top = 0

  constructor(rowPx: number) {
    this.#usualPx = rowPx
    this.rowPx = rowPx
  }

  /** @param spacer - in `box`, as high as the bar is to believe. */
  mount(box: HTMLElement | null, spacer: HTMLElement | null): void {
    this.box = box
    this.#spacer = spacer
  }

  /** Nothing is known of the rows' heights any more. */
  forget(): void {
    this.rowPx = this.#usualPx
  }

  /** These many rows of so many pixels were seen: the estimate follows slowly, and not at all if it was near. */
  learn(rows: number, height: number): void {
    const mean = height / rows
    if (Math.abs(mean / this.rowPx - 1) > 0.2) this.rowPx = (this.rowPx + mean) / 2
  }

  /** There are so many rows now; `height` if it is known. @returns whether the bar has to be put right. */
  resize(rowCount: number, height: number | null): boolean {
    if (height !== null && rowCount > 0) this.rowPx = height / rowCount
    const before = this.#map.height
    this.#map = new ScrollMap(height ?? rowCount * this.rowPx)
    const now = this.#map.height
    if (now !== before && this.#spacer) this.#spacer.style.height = `${now}px`
    return now < before || before === 0
  }

  /** How far somebody has scrolled since it was looked at last. */
  moved(): number {
    const top = this.box?.scrollTop ?? 0
    const delta = top - this.#top
    if (Math.abs(delta) < 0.5) return 0
    this.#top = top
    return delta
  }

  /** At the very end of its way, so that there is no way on. */
  get atEnd(): boolean {
    return this.box !== null && this.#top >= this.box.scrollHeight - this.box.clientHeight - 1
  }

  get atStart(): boolean {
    return this.#top <= 0
  }

  /** The row it stands for at the viewport's top, with a fraction. */
  row(viewport: number): number {
    return this.#map.toContent(this.#top, viewport) / this.rowPx
  }

  /** Puts it where the content is: a row with a fraction, or the end. */
  put(row: number | 'end', viewport: number): void {
    if (!this.box) return
    const wanted = row === 'end' ? this.#map.height - viewport : this.#map.toScroll(row * this.rowPx, viewport)
    if (Math.abs(this.box.scrollTop - wanted) >= 1) this.box.scrollTop = wanted
    this.#top = this.box.scrollTop
  }
}
