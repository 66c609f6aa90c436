import { Pen, type StreamState } from './pen.ts'
import type { Style } from './style.ts'

/** The streams of a log, and their state where its newest line starts. */
export class Streams {
  /** Writes text without a time stamp. */
  #unstamped = new Pen()
  #startStyle: Style
  #pens = new Map<string, Pen>()
  /** Counts the lines that have begun. */
  #turn = 1

  constructor(style: Style, states: readonly StreamState[]) {
    this.#unstamped.style = style
    this.#startStyle = style
    for (const state of states) this.#pens.set(state.name, new Pen(state))
  }

  /** Begins a new line here, the one that `start` describes from now on. */
  begin(): void {
    this.#turn += 1
    this.#startStyle = this.#unstamped.style
  }

  /** Returns the stream's pen to continue writing, or null if the stream has written nothing yet. */
  resume(name: string): Pen | null {
    const pen = this.#pens.get(name)
    pen?.remember(this.#turn)
    return pen ?? null
  }

  /** Returns the stream's pen to write a new line; `''` is the name for text without a time stamp. */
  use(name: string): Pen {
    if (name === '') return this.#unstamped
    const known = this.resume(name)
    if (known) return known
    const pen = new Pen({ name, line: 0, style: {} })
    pen.remember(this.#turn)
    this.#pens.set(name, pen)
    return pen
  }

  /** Returns all streams in the state they had where the newest line starts. */
  start(): { style: Style; streams: readonly StreamState[] } {
    const states = [...this.#pens.values()].map((pen) => pen.stateAt(this.#turn))
    // Streams that first wrote after it did not exist there.
    return { style: this.#startStyle, streams: states.filter(({ line }) => line > 0) }
  }

  /** Writing with the copy does not affect the original. */
  copy(): Streams {
    const copy = new Streams({}, [])
    copy.#unstamped = this.#unstamped.copy()
    for (const [name, pen] of this.#pens) copy.#pens.set(name, pen.copy())
    return copy
  }
}
