/** One body in memory. */
export interface Holding {
  /** Forgets the body's bytes, and answers its sender. */
  give(): void
}

/**
 * What bodies of senders that nobody knows yet may take together. When it is used up, the largest of them goes, and of
 * equally large ones the oldest: those who send little, as runners do, get through beside a sender of much.
 */
export class BodyBudget {
  readonly limitBytes: number
  /** By the bytes each takes, which are powers of two. In each the oldest comes first. */
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

  /** Notes that a body takes so many bytes now, 0 when it is gone. Others may have to give theirs, or it may itself. */
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
