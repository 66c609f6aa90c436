import type { Span } from './line.ts'
import { linkedStyle, MOST_LINE_TEXT, MOST_SPANS } from './line-change.ts'
import type { Style } from './style.ts'

/** What is added at the end of a line. */
export interface Added {
  readonly spans: readonly Span[]
  /** The last UTF-16 units of the line that are removed before. */
  readonly drops: number
  /** The whole line is removed before. */
  readonly clears: boolean
  readonly cut: boolean
}

/** Collects what is added at the end of a line. */
export class Draft {
  /** The text since the last change of style. */
  #text = ''
  #spans: Span[] = []
  #length = 0
  /** Characters of addresses in `#spans`. */
  #linked = 0
  #drops = 0
  #clears = false
  #cut = false

  /** Whether there is no text. */
  get isEmpty(): boolean {
    return this.#length === 0
  }

  append(text: string): void {
    const room = this.#spans.length < MOST_SPANS ? MOST_LINE_TEXT - this.#length : 0
    const kept = text.length <= room ? text : text.slice(0, room)
    if (kept !== text) this.#cut = true
    this.#text += kept
    this.#length += kept.length
  }

  /** Lets text have another style from here on. */
  endSpan(style: Style): void {
    if (this.#text === '') return
    const shown = linkedStyle(style, this.#linked)
    this.#linked += shown.link?.length ?? 0
    this.#spans.push({ text: this.#text, style: shown })
    this.#text = ''
  }

  /** Removes the last characters, which lie completely either in what was added or in the line before it. */
  drop(units: number): void {
    if (this.#length === 0) {
      this.#drops += units
      return
    }
    this.#text = this.#text.slice(0, -units)
    this.#length -= Math.min(units, this.#length)
  }

  /** Removes the whole line. */
  clear(): void {
    this.#empty()
    this.#clears = true
  }

  /** Returns what was added since this was last called. @param style - that of the last text. */
  take(style: Style): Added {
    this.endSpan(style)
    const added = { spans: this.#spans, drops: this.#drops, clears: this.#clears, cut: this.#cut }
    this.#empty()
    return added
  }

  /** Returns the column behind the text. @param from - the column behind the line before it. */
  columnFrom(from: number, columnBehind: (column: number, text: string) => number): number {
    let column = this.#clears ? 0 : from
    for (const { text } of this.#spans) column = columnBehind(column, text)
    return columnBehind(column, this.#text)
  }

  /** Continuing the copy does not affect the original. */
  copy(): Draft {
    const copy = new Draft()
    copy.#text = this.#text
    copy.#spans = [...this.#spans]
    copy.#length = this.#length
    copy.#linked = this.#linked
    copy.#drops = this.#drops
    copy.#clears = this.#clears
    copy.#cut = this.#cut
    return copy
  }

  #empty(): void {
    this.#text = ''
    this.#spans = []
    this.#length = 0
    this.#linked = 0
    this.#drops = 0
    this.#clears = false
    this.#cut = false
  }
}
