import { Folding } from './folding.ts'
import { Following } from './following.ts'
import { ScrollMap } from './scroll-map.ts'

/** Height of a line that is not wrapped, as `leading-5` makes it. */
export const ROW_PX = 20
/** Rows drawn beyond what is seen, on each side. */
const SPARE_ROWS = 12
/** Scrolling further than so many viewports at once is dragging the scroll bar. */
const DRAGGED = 3
const IDLE_MS = 150

/** What the view is drawn on. */
export interface Stage {
  /** Scrolls. */
  readonly box: HTMLElement
  /** As high as the scroll bar is to believe. */
  readonly spacer: HTMLElement
  /** Has one child for each row drawn. */
  readonly rows: HTMLElement
}

/**
 * Which rows of a log are drawn, and where. The truth is a line and how far the viewport's top is below its top; the
 * scroll bar only follows. So a line stays where it is whatever happens around it: rows of unknown height, folding,
 * wrapping, a log that grows, or one that is taller than any element may be.
 */
export class Viewport {
  readonly following: Following
  height = 400
  /** The whole end of the log is on screen. */
  atEnd = false
  folding = new Folding(0, [])
  #line = 1
  #offset = 0
  #stage: Stage | null = null
  #first = 0
  #y = 0
  #rowPx = ROW_PX
  #map = new ScrollMap(0)
  /** Where we left the scroll bar: what differs from it was somebody else. */
  #scrollTop = 0
  #delta = 0
  #mustSync = false
  #idle = 0
  readonly #redraw: () => void

  constructor({ follow, redraw }: { follow: boolean; redraw: () => void }) {
    this.following = new Following(follow)
    this.#redraw = redraw
  }

  /** @returns what to call when the stage is gone. */
  mount(stage: Stage): () => void {
    this.#stage = stage
    const sizes = new ResizeObserver(() => {
      if (this.height !== stage.box.clientHeight) this.#mustSync = true
      this.height = stage.box.clientHeight
      this.#redraw()
    })
    sizes.observe(stage.box)
    // A row that shows more of its line has told nobody.
    sizes.observe(stage.rows)
    this.height = stage.box.clientHeight
    const onScroll = () => this.#scrolled()
    stage.box.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      sizes.disconnect()
      stage.box.removeEventListener('scroll', onScroll)
      window.clearTimeout(this.#idle)
      this.#stage = null
    }
  }

  /** The line at the viewport's top. */
  get topLine(): number {
    return this.folding.lineAt(this.#first + (this.#rowAt(-this.#y)?.index ?? 0))
  }

  /** First and last row to draw; none if the last is before the first. */
  range(): [first: number, last: number] {
    const { rowCount } = this.folding
    const fit = Math.ceil(this.height / ROW_PX) + 1
    if (this.following.on) return [Math.max(0, rowCount - fit - SPARE_ROWS), rowCount - 1]
    const row = this.folding.rowOf(this.#line)
    const above = Math.ceil(Math.max(0, -this.#offset) / ROW_PX) + SPARE_ROWS
    return [
      Math.max(0, Math.min(row - above, rowCount - fit - SPARE_ROWS)),
      Math.min(rowCount - 1, row + fit + SPARE_ROWS),
    ]
  }

  /** Puts the rows that were drawn where they belong. */
  place([first, last]: [first: number, last: number]): void {
    const stage = this.#stage
    if (!stage) return
    this.#first = first
    const total = stage.rows.offsetHeight
    const { rowCount } = this.folding
    const hasEnd = last === rowCount - 1
    let y = this.height - total
    if (!this.following.on) {
      const anchor = stage.rows.children[this.folding.rowOf(this.#line) - first]
      y = anchor instanceof HTMLElement ? -(anchor.offsetTop + this.#offset) : 0
      if (hasEnd) y = Math.max(y, this.height - total)
    }
    if (first === 0) y = Math.min(0, y)
    this.#y = y
    this.atEnd = hasEnd && y + total <= this.height + 2
    stage.rows.style.transform = `translateY(${y}px)`

    const isWhole = first === 0 && hasEnd
    if (isWhole && rowCount > 0) this.#rowPx = total / rowCount
    const before = this.#map.height
    this.#map = new ScrollMap(isWhole ? total : rowCount * this.#rowPx)
    if (this.#map.height !== before) stage.spacer.style.height = `${this.#map.height}px`
    if (this.#delta > 0) this.following.scrolled(this.#delta, { atEnd: this.atEnd, lines: this.folding.lineCount })
    this.#delta = 0
    if (this.#mustSync || this.following.on || this.#map.height < before) this.#sync()
  }

  /** @param lead - how much of the viewport to leave above the line. */
  jump(line: number, lead = 0.3): void {
    this.following.letGo(this.folding.lineCount)
    this.#line = line
    this.#offset = -Math.floor(this.height * lead)
    this.#mustSync = true
    this.#redraw()
  }

  toEnd(): void {
    this.following.resume()
    this.#mustSync = true
    this.#redraw()
  }

  /** Scrolls as little as it takes to see a line. */
  reveal(line: number): void {
    const row = this.#stage?.rows.children[this.folding.rowOf(line) - this.#first]
    if (!(row instanceof HTMLElement)) {
      this.jump(line)
      return
    }
    const top = row.offsetTop + this.#y
    const below = top + row.offsetHeight - this.height
    if (top >= 0 && below <= 0) return
    if (top < -this.height || below > this.height) {
      this.jump(line)
      return
    }
    this.#moveBy(top < 0 ? top : Math.min(below, top))
    this.#mustSync = true
    this.#redraw()
  }

  /** This line stays where it is on screen, whatever changes next. */
  hold(line: number): void {
    const row = this.#stage?.rows.children[this.folding.rowOf(line) - this.#first]
    if (!(row instanceof HTMLElement)) return
    this.following.letGo(this.folding.lineCount)
    this.#line = line
    // A header above the viewport comes to its top.
    this.#offset = Math.min(0, -(row.offsetTop + this.#y))
    this.#mustSync = true
  }

  /** Rows have other heights now. */
  reflow(): void {
    this.#rowPx = ROW_PX
    this.#settle()
  }

  #scrolled(): void {
    const { box } = this.#stage ?? {}
    if (!box) return
    const top = box.scrollTop
    const delta = top - this.#scrollTop
    if (Math.abs(delta) < 0.5) return
    this.#scrollTop = top
    const end = box.scrollHeight - box.clientHeight
    if (Math.abs(delta) > DRAGGED * this.height) this.#dragTo(top, end)
    else {
      this.#moveBy(delta)
      // The bar was ahead of the content: it steps back, or there would be no way on.
      const isNear =
        Math.abs(this.folding.rowOf(this.#line) * this.#rowPx - this.#map.toContent(top, this.height)) < this.height
      if (top <= 0 && isNear) this.#goTo(0)
      else if (top <= 0 || top >= end - 1) this.#mustSync = true
    }
    this.#delta = delta
    window.clearTimeout(this.#idle)
    this.#idle = window.setTimeout(() => this.#settle(), IDLE_MS)
    this.#redraw()
  }

  #dragTo(top: number, end: number): void {
    if (top >= end - 1) {
      this.following.resume()
      return
    }
    this.following.letGo(this.folding.lineCount)
    const at = this.#map.toContent(top, this.height) / this.#rowPx
    this.#goTo(Math.floor(at), (at % 1) * ROW_PX)
  }

  #goTo(row: number, offset = 0): void {
    this.#line = this.folding.lineAt(row)
    this.#offset = offset
  }

  /** So many pixels, exactly as far as rows are drawn and by estimate beyond. */
  #moveBy(delta: number): void {
    const rows = this.#stage?.rows
    if (!rows) return
    if (delta < 0) this.following.scrolled(delta, { atEnd: false, lines: this.folding.lineCount })
    const top = -this.#y + delta
    const row = this.#rowAt(top)
    if (row) {
      this.#goTo(this.#first + row.index, row.offset)
    } else if (top < 0) {
      const above = Math.ceil(-top / this.#rowPx)
      if (above > this.#first) this.#goTo(0)
      else this.#goTo(this.#first - above, top + above * this.#rowPx)
    } else this.#goTo(this.#first + rows.children.length - 1 + Math.ceil((top - rows.offsetHeight) / this.#rowPx))
  }

  /** The drawn row at a height within all that is drawn. */
  #rowAt(top: number): { index: number; offset: number; share: number } | null {
    const children = this.#stage?.rows.children ?? []
    let low = 0
    let high = children.length - 1
    if (high < 0 || top < 0) return null
    while (low < high) {
      const middle = (low + high + 1) >> 1
      const child = children[middle]
      if (child instanceof HTMLElement && child.offsetTop <= top) low = middle
      else high = middle - 1
    }
    const found = children[low]
    if (!(found instanceof HTMLElement) || top >= found.offsetTop + Math.max(1, found.offsetHeight)) return null
    const offset = top - found.offsetTop
    return { index: low, offset, share: offset / Math.max(1, found.offsetHeight) }
  }

  /** Nobody scrolls any more: the bar may be put right. */
  #settle(): void {
    const rows = this.#stage?.rows
    if (rows && rows.children.length > 0 && rows.children.length < this.folding.rowCount) {
      const mean = rows.offsetHeight / rows.children.length
      if (Math.abs(mean / this.#rowPx - 1) > 0.2) this.#rowPx = (this.#rowPx + mean) / 2
    }
    this.#mustSync = true
    this.#redraw()
  }

  /** Puts the scroll bar where the content is. */
  #sync(): void {
    this.#mustSync = false
    const { box } = this.#stage ?? {}
    if (!box) return
    const row = this.#rowAt(-this.#y)
    const place = row ? (this.#first + row.index + row.share) * this.#rowPx : 0
    const end = this.#map.height - this.height
    const wanted = this.atEnd ? end : this.#map.toScroll(place, this.height)
    if (Math.abs(box.scrollTop - wanted) >= 1) box.scrollTop = wanted
    this.#scrollTop = box.scrollTop
  }
}
