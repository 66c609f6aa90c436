const PAUSES_MS = [300, 1_000, 2_000, 5_000]

/** Does work later, and what failed ever more patiently. */
export class Retries {
  readonly #timers = new Set<number>()
  #failures = 0

  succeeded(): void {
    this.#failures = 0
  }

  /** Once more, after a pause that grows with every failure in a row. */
  again(work: () => void): void {
    this.#failures += 1
    this.later(PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length) - 1] ?? 0, work)
  }

  later(ms: number, work: () => void): void {
    const timer = window.setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, ms)
    this.#timers.add(timer)
  }

  /** Nothing of it happens any more. */
  stop(): void {
    for (const timer of this.#timers) window.clearTimeout(timer)
    this.#timers.clear()
  }
}
