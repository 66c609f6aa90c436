/** Browsers cut elements off between 17 and 33 million pixels. */
const MOST_PX = 12_000_000
/** At both ends scrolling is one to one, so that the first and last lines are reached without a jump. */
const EXACT_PX = 1_000_000

/**
 * Maps positions of a scroll bar to places in content that may be taller than any element: one to one if it fits,
 * otherwise one to one at both ends with the rest compressed in between.
 */
export class ScrollMap {
  /** Height of the scrolled element, in pixels. */
  readonly height: number
  readonly #content: number
  readonly #exact: number

  /** @param content - height of all content, in pixels. */
  constructor(content: number) {
    this.#content = Math.max(0, content)
    this.height = Math.min(this.#content, MOST_PX)
    this.#exact = this.#content <= MOST_PX ? Number.POSITIVE_INFINITY : EXACT_PX
  }

  /** Returns the place in the content at the viewport's top. */
  toContent(scrollTop: number, viewport: number): number {
    const [most, end] = this.#ends(viewport)
    const at = Math.min(Math.max(0, scrollTop), end)
    if (at <= this.#exact) return Math.min(at, most)
    if (end - at <= this.#exact) return most - (end - at)
    return this.#exact + (at - this.#exact) * this.#squeeze(most, end)
  }

  /** The inverse of `toContent`. */
  toScroll(place: number, viewport: number): number {
    const [most, end] = this.#ends(viewport)
    const at = Math.min(Math.max(0, place), most)
    if (at <= this.#exact) return Math.min(at, end)
    if (most - at <= this.#exact) return end - (most - at)
    return this.#exact + (at - this.#exact) / this.#squeeze(most, end)
  }

  #ends(viewport: number): [content: number, scroll: number] {
    return [Math.max(0, this.#content - viewport), Math.max(0, this.height - viewport)]
  }

  #squeeze(most: number, end: number): number {
    return (most - 2 * this.#exact) / (end - 2 * this.#exact)
  }
}
