import type { TraceStep } from './log-source.ts'

/** Time per frame that may go into processing log steps. */
const WORK_MS = 8

interface Takers {
  /** Processes one step. @returns false when the steps behind it are no longer needed. */
  readonly take: (step: TraceStep) => boolean
  /** Called after the steps of each frame. */
  readonly taken: () => void
}

/** Queues steps of a log and processes as many per frame as there is time for: a burst does not freeze the page. */
export class Arrivals {
  readonly #takers: Takers
  #steps: TraceStep[] = []
  #frame = 0
  /** UTF-16 units in the queue. */
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
