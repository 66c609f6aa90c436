import type { TraceStep } from './log-source.ts'

/** Work on what came takes so much of a frame. */
const WORK_MS = 8

interface Takers {
  /** Takes one step in. @returns false when what waits behind it is of no use. */
  readonly take: (step: TraceStep) => boolean
  /** After the steps of a frame. */
  readonly taken: () => void
}

/** What came of a log and waits for its turn, as much in a frame as fits: a burst does not stop the page. */
export class Arrivals {
  readonly #takers: Takers
  #steps: TraceStep[] = []
  #frame = 0
  /** UTF-16 units that wait. */
  text = 0

  constructor(takers: Takers) {
    this.#takers = takers
  }

  push(step: TraceStep): void {
    this.#steps.push(step)
    this.text += step.text.length
    this.#soon()
  }

  clear(): void {
    this.#steps = []
    this.text = 0
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#work()
    })
  }

  #work(): void {
    const until = performance.now() + WORK_MS
    let next = 0
    for (const step of this.#steps) {
      next += 1
      this.text -= step.text.length
      if (!this.#takers.take(step)) return
      if (performance.now() > until) break
    }
    this.#steps = this.#steps.slice(next)
    if (this.#steps.length > 0) this.#soon()
    this.#takers.taken()
  }
}
