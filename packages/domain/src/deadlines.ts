/** Something that expires at a certain time. */
export interface Expiring {
  expire(): void
}

/**
 * Expires many things on time. Those of the same duration expire in the order in which they were added, so that one
 * timer is enough for all of them: ten thousand timers take three megabytes.
 */
export class Deadlines<T extends Expiring> {
  readonly #byLength = new Map<number, Queue<T>>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Calls `one.expire` once, `ms` milliseconds from now, unless it is deleted before. */
  add(one: T, ms: number): void {
    const present = this.#byLength.get(ms)
    if (present) return void present.ends.set(one, this.#endIn(ms))
    const queue: Queue<T> = { ends: new Map([[one, this.#endIn(ms)]]), timer: null }
    this.#byLength.set(ms, queue)
    this.#schedule(queue, ms)
  }

  /** @param ms - the same as when it was added. */
  delete(one: T, ms: number): void {
    const queue = this.#byLength.get(ms)
    if (!queue?.ends.delete(one) || queue.ends.size > 0) return
    if (queue.timer) clearTimeout(queue.timer)
    this.#byLength.delete(ms)
  }

  /** Yields all that have not expired. */
  *[Symbol.iterator](): Generator<T> {
    for (const { ends } of this.#byLength.values()) yield* ends.keys()
  }

  /** Rounded: whole milliseconds are stored in the map itself, while others would need an object each. */
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
    // Expired things may have added others of the same duration.
    else if (this.#byLength.get(ms) === queue) this.#byLength.delete(ms)
  }
}

/** The longest delay of Node's timers; longer ones fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

interface Queue<T> {
  /** Ordered by expiry, the next one first. */
  readonly ends: Map<T, number>
  timer: NodeJS.Timeout | null
}
