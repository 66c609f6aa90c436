/** Something that ends at a certain time. */
export interface Expiring {
  expire(): void
}

/**
 * Ends many things in time. Those that last equally long end in the order they came, so that one timer is enough for all
 * of them: ten thousand timers weigh three megabytes.
 */
export class Deadlines<T extends Expiring> {
  readonly #byLength = new Map<number, Queue<T>>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Calls `expire` of `one` once, `ms` milliseconds from now, unless it is deleted before. */
  add(one: T, ms: number): void {
    const present = this.#byLength.get(ms)
    if (present) return void present.ends.set(one, this.#endIn(ms))
    const queue: Queue<T> = { ends: new Map([[one, this.#endIn(ms)]]), timer: null }
    this.#byLength.set(ms, queue)
    this.#schedule(queue, ms)
  }

  /** @param ms - as it was added. */
  delete(one: T, ms: number): void {
    const queue = this.#byLength.get(ms)
    if (!queue?.ends.delete(one) || queue.ends.size > 0) return
    if (queue.timer) clearTimeout(queue.timer)
    this.#byLength.delete(ms)
  }

  /** All that have not ended. */
  *[Symbol.iterator](): Generator<T> {
    for (const { ends } of this.#byLength.values()) yield* ends.keys()
  }

  /** Whole milliseconds are kept in the map itself, where others would be an object each. */
  #endIn(ms: number): number {
    return Math.ceil(this.#now() + ms)
  }

  #schedule(queue: Queue<T>, ms: number): void {
    const [end] = queue.ends.values()
    if (end === undefined) return
    queue.timer = setTimeout(
      () => this.#expire(queue, ms),
      Math.min(Math.max(0, end - this.#now()), LONGEST_TIMEOUT_MS),
    )
  }

  #expire(queue: Queue<T>, ms: number): void {
    const now = this.#now()
    for (const [one, end] of queue.ends) {
      if (end > now) break
      queue.ends.delete(one)
      one.expire()
    }
    if (queue.ends.size > 0) this.#schedule(queue, ms)
    // Those that ended may have made room for others of the same length.
    else if (this.#byLength.get(ms) === queue) this.#byLength.delete(ms)
  }
}

/** What Node's timers can count; above it they fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

interface Queue<T> {
  /** The first to end comes first. */
  readonly ends: Map<T, number>
  timer: NodeJS.Timeout | null
}
