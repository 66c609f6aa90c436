const PAUSES_MS = [300, 1_000, 2_000, 5_000]

/** Runs work later, with growing pauses between retries. */
export class Retries {
  readonly #timers = new Set<number>()
  #failures = 0

  succeeded(): void {
    this.#failures = 0
  }

  /** Runs work again after a pause that grows with every failure in a row. */
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

  /** Cancels everything that is scheduled. */
  stop(): void {
    for (const timer of this.#timers) window.clearTimeout(timer)
    this.#timers.clear()
  }
}
