import { Pen, type StreamState } from './pen.ts'
import type { Style } from './style.ts'

/** The streams of a log, and how they were where its newest line starts. */
export class Streams {
  /** Writes text without a time stamp. */
  #unstamped = new Pen()
  #startStyle: Style
  #pens = new Map<string, Pen>()
  /** Counts the lines that began. */
  #turn = 1

  constructor(style: Style, states: readonly StreamState[]) {
    this.#unstamped.style = style
    this.#startStyle = style
    for (const state of states) this.#pens.set(state.name, new Pen(state))
  }

  /** A new line starts here: this is what `start` tells of, whatever comes. */
  begin(): void {
    this.#turn += 1
    this.#startStyle = this.#unstamped.style
  }

  /** The stream's pen, about to write; null if it has written nothing yet. */
  resume(name: string): Pen | null {
    const pen = this.#pens.get(name)
    pen?.remember(this.#turn)
    return pen ?? null
  }

  /** The stream's pen, about to write a new line; `''` for text without a time stamp. */
  use(name: string): Pen {
    if (name === '') return this.#unstamped
    const known = this.resume(name)
    if (known) return known
    const pen = new Pen({ name, line: 0, style: {} })
    pen.remember(this.#turn)
    this.#pens.set(name, pen)
    return pen
  }

  /** All streams as they were where the newest line starts. */
  start(): { style: Style; streams: readonly StreamState[] } {
    const states = [...this.#pens.values()].map((pen) => pen.stateAt(this.#turn))
    // Those that wrote first after it were not there.
    return { style: this.#startStyle, streams: states.filter(({ line }) => line > 0) }
  }

  /** Writing with the copy does not disturb. */
  copy(): Streams {
    const copy = new Streams({}, [])
    copy.#unstamped = this.#unstamped.copy()
    for (const [name, pen] of this.#pens) copy.#pens.set(name, pen.copy())
    return copy
  }
}
