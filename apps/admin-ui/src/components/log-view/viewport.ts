import { DrawnRows } from './drawn-rows.ts'
import { Folding } from './folding.ts'
import { Following } from './following.ts'
import { ScrollBar } from './scroll-bar.ts'

/** Height in pixels of a line that is not wrapped, as set by `leading-5`. */
const ROW_PX = 20
/** Rows drawn beyond the viewport, on each side. */
const SPARE_ROWS = 12
/** Scrolling by more than this many viewports at once means that the scroll bar is dragged. */
const DRAGGED = 3
const IDLE_MS = 150
/** Share of the viewport left above a line that we jump to, and at most taken by line numbers beside it. */
const LEAD = 0.3
const GUTTER = 0.25

/** The elements that the view is drawn on. */
export interface Stage {
  /** The scrolling element. */
  readonly box: HTMLElement
  /** Gives `box` its scroll height. */
  readonly spacer: HTMLElement
  /** Has one child for each drawn row. */
  readonly rows: HTMLElement
}

/**
 * Decides which rows of a log are drawn, and where. The position is a line and how far the viewport's top is below its
 * top; the scroll bar only follows. So a line stays in place whatever changes around it: rows of unknown height,
 * folding, wrapping, a log that grows, or one that is taller than any element may be.
 */
export class Viewport {
  readonly following: Following
  height = 400
  /** Whether the end of the log is on screen. */
  atEnd = false
  folding = new Folding(0, [])
  #line = 1
  #offset = 0
  readonly #rows = new DrawnRows()
  readonly #bar = new ScrollBar(ROW_PX)
  #delta = 0
  #mustSync = false
  #idle = 0
  readonly #redraw: () => void

  constructor({ follow, redraw }: { follow: boolean; redraw: () => void }) {
    this.following = new Following(follow)
    this.#redraw = redraw
  }

  /** @returns a function to call when the stage is removed. */
  mount({ box, spacer, rows }: Stage): () => void {
    this.#rows.mount(rows)
    this.#bar.mount(box, spacer)
    const sizes = new ResizeObserver(() => {
      if (this.height !== box.clientHeight) this.#mustSync = true
      this.height = box.clientHeight
      this.#redraw()
    })
    sizes.observe(box)
    // Expanding a row does not notify us.
    sizes.observe(rows)
    this.height = box.clientHeight
    const onScroll = () => this.#scrolled()
    box.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      sizes.disconnect()
      box.removeEventListener('scroll', onScroll)
      window.clearTimeout(this.#idle)
      this.#rows.mount(null)
      this.#bar.mount(null, null)
    }
  }

  /** Number of the line at the viewport's top. */
  get topLine(): number {
    return this.folding.lineAt(this.#rows.atTop()?.row ?? this.#rows.first)
  }

  /** The number of rows that fit on screen, if none of them is wrapped. */
  get fitting(): number {
    return Math.floor(this.height / ROW_PX)
  }

  /** Returns the first and last row to draw; none when the last is before the first. */
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

  /** Moves the drawn rows to where they belong. */
  place([first, last]: [first: number, last: number]): void {
    const rows = this.#rows
    rows.first = first
    const total = rows.height
    const { rowCount } = this.folding
    const hasEnd = last === rowCount - 1
    let y = this.height - total
    if (!this.following.on) {
      const anchor = rows.extentOf(this.folding.rowOf(this.#line))
      y = anchor ? -(anchor.top + this.#offset) : 0
      if (hasEnd) y = Math.max(y, this.height - total)
    }
    if (first === 0) y = Math.min(0, y)
    rows.moveTo(y)
    this.atEnd = hasEnd && y + total <= this.height + 2

    const mustSync = this.#bar.resize(rowCount, first === 0 && hasEnd ? total : null)
    if (this.#delta > 0) this.following.scrolled(this.#delta, { atEnd: this.atEnd, lines: this.folding.lineCount })
    this.#delta = 0
    if (this.#mustSync || this.following.on || mustSync) this.#sync()
  }

  /** @param lead - share of the viewport to leave above the line. */
  jump(line: number, lead = LEAD): void {
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

  /** Scrolls just far enough to show a line. */
  reveal(line: number): void {
    const row = this.#rows.extentOf(this.folding.rowOf(line))
    const top = (row?.top ?? 0) + this.#rows.y
    const below = top + (row?.height ?? 0) - this.height
    if (!row || top < -this.height || below > this.height) {
      this.jump(line)
      return
    }
    if (top >= 0 && below <= 0) return
    this.#moveBy(top < 0 ? top : Math.min(below, top))
    this.#mustSync = true
    this.#redraw()
  }

  /** Brings part of a row on screen: rows may be larger than the viewport. */
  bring(part: Element): void {
    const box = this.#bar.box
    if (!box) return
    const view = box.getBoundingClientRect()
    const { top, bottom, left, right } = part.getBoundingClientRect()
    if (left < view.left + view.width * GUTTER || right > view.right)
      box.scrollLeft += left - view.left - view.width / 2
    if (top >= view.top && bottom <= view.bottom) return
    this.#moveBy(top - view.top - this.height * LEAD)
    this.#mustSync = true
    this.#redraw()
  }

  /** Keeps this line where it is on screen through the next change. */
  hold(line: number): void {
    const row = this.#rows.extentOf(this.folding.rowOf(line))
    if (!row) return
    this.following.letGo(this.folding.lineCount)
    this.#line = line
    // A header above the viewport moves to its top.
    this.#offset = Math.min(0, -(row.top + this.#rows.y))
    this.#mustSync = true
  }

  /** Adapts to changed heights of rows. */
  reflow(): void {
    this.#bar.forget()
    this.#settle()
  }

  #scrolled(): void {
    const delta = this.#bar.moved()
    if (delta === 0) return
    if (Math.abs(delta) > DRAGGED * this.height) this.#drag()
    else {
      this.#moveBy(delta)
      // The bar was ahead of the content: it moves back, or the user could not scroll further.
      const { rowPx, atStart, atEnd } = this.#bar
      const isNear = Math.abs(this.folding.rowOf(this.#line) - this.#bar.row(this.height)) * rowPx < this.height
      if (atStart && isNear) this.#goTo(0)
      else if (atStart || atEnd) this.#mustSync = true
    }
    this.#delta = delta
    window.clearTimeout(this.#idle)
    this.#idle = window.setTimeout(() => this.#settle(), IDLE_MS)
    this.#redraw()
  }

  #drag(): void {
    if (this.#bar.atEnd) {
      this.following.resume()
      return
    }
    this.following.letGo(this.folding.lineCount)
    const at = this.#bar.row(this.height)
    this.#goTo(Math.floor(at), (at % 1) * ROW_PX)
  }

  #goTo(row: number, offset = 0): void {
    this.#line = this.folding.lineAt(row)
    this.#offset = offset
  }

  /** Moves by pixels: exactly within the drawn rows, by estimate beyond them. */
  #moveBy(delta: number): void {
    const rows = this.#rows
    if (delta < 0) this.following.scrolled(delta, { atEnd: false, lines: this.folding.lineCount })
    const top = -rows.y + delta
    const place = rows.at(top)
    const { rowPx } = this.#bar
    if (place) this.#goTo(place.row, place.offset)
    else if (top < 0) {
      const above = Math.ceil(-top / rowPx)
      if (above > rows.first) this.#goTo(0)
      else this.#goTo(rows.first - above, top + above * rowPx)
    } else this.#goTo(rows.first + rows.count - 1 + Math.ceil((top - rows.height) / rowPx))
  }

  /** Corrects the bar once scrolling has stopped. */
  #settle(): void {
    const { count, height } = this.#rows
    if (count > 0 && count < this.folding.rowCount) this.#bar.learn(count, height)
    this.#mustSync = true
    this.#redraw()
  }

  /** Moves the scroll bar to match the content. */
  #sync(): void {
    this.#mustSync = false
    const place = this.#rows.atTop()
    this.#bar.put(this.atEnd ? 'end' : place ? place.row + place.share : 0, this.height)
  }
}
