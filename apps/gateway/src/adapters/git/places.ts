/** A limited number of places, for which a limited number of callers waits a limited time, in the order they came. */
export class Places {
  readonly #most: number
  readonly #mostWaiting: number
  readonly #waitMs: number
  readonly #waiting = new Set<(taken: boolean) => void>()
  #taken = 0

  constructor({ most, mostWaiting, waitMs }: { most: number; mostWaiting: number; waitMs: number }) {
    this.#most = most
    this.#mostWaiting = mostWaiting
    this.#waitMs = waitMs
  }

  /** Returns a place, which disposing gives back; null when there is none in time, or the signal aborts. */
  async take(signal: AbortSignal): Promise<Disposable | null> {
    if (signal.aborted) return null
    if (this.#taken < this.#most) this.#taken += 1
    else if (this.#waiting.size >= this.#mostWaiting || !(await this.#wait(signal))) return null
    return { [Symbol.dispose]: () => this.#give() }
  }

  async #wait(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const giveUp = () => {
      this.#waiting.delete(resolve)
      resolve(false)
    }
    const timer = setTimeout(giveUp, this.#waitMs)
    signal.addEventListener('abort', giveUp, { once: true })
    this.#waiting.add(resolve)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** The next caller takes over the place. */
  #give(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#taken -= 1
      return
    }
    this.#waiting.delete(next)
    next(true)
  }
}
