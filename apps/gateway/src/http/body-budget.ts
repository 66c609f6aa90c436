/** One body in memory. */
export interface Holding {
  /** Drops the body's bytes and answers its sender. */
  give(): void
}

/**
 * Limits the memory of all bodies whose senders are not authorized yet. When it is used up, the largest body is
 * dropped, and the oldest of equally large ones: small bodies, like those of runners, get through beside large ones.
 */
export class BodyBudget {
  readonly limitBytes: number
  /** Bodies by their size in bytes, which is a power of two; the oldest comes first in each set. */
  readonly #bySize = new Map<number, Set<Holding>>()
  readonly #sizes = new Map<Holding, number>()
  #used = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used
  }

  /** Records how many bytes a body takes now, 0 when it is gone. May drop other bodies, or this one, to make room. */
  hold(holding: Holding, bytes: number): void {
    const before = this.#sizes.get(holding)
    if (before !== undefined) {
      const alike = this.#bySize.get(before)
      alike?.delete(holding)
      if (alike?.size === 0) this.#bySize.delete(before)
      this.#used -= before
    }
    if (bytes === 0) {
      this.#sizes.delete(holding)
      return
    }
    this.#sizes.set(holding, bytes)
    this.#used += bytes
    const alike = this.#bySize.get(bytes) ?? new Set()
    this.#bySize.set(bytes, alike.add(holding))
    while (this.#used > this.limitBytes) this.#shrink()
  }

  #shrink(): void {
    const largest = Math.max(...this.#bySize.keys())
    const [oldest] = this.#bySize.get(largest) ?? []
    if (!oldest) return
    this.hold(oldest, 0)
    oldest.give()
  }
}
