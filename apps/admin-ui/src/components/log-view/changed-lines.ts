import type { LineRange } from './line-range.ts'

/** Beyond this number of changed lines the oldest are forgotten: no request from before their change is still open. */
const MOST_REMEMBERED = 20_000

interface KnownLines extends LineRange {
  /** The lines are as the first `to` bytes of the log define them. */
  readonly to: number
}

/**
 * Tracks lines that were extended after we had them (`docs/protocol/trace.md 10`), so that an older answer never
 * replaces a newer one, and no text is added twice.
 */
export class ChangedLines {
  /** By line number, the byte offset after its last change. */
  readonly #changedAt = new Map<number, number>()
  readonly #stale = new Set<number>()
  /** Fetched ranges that were ahead of the stream when they arrived. */
  #ahead: KnownLines[] = []
  /** Ranges fetched before the server had indexed the whole log. */
  #unsettled: LineRange[] = []

  /** Returns whether our copy of a line is out of date. */
  isStale(line: number): boolean {
    return this.#stale.has(line)
  }

  /** Notes that a line was extended. @returns whether our copy of it can be extended in place. */
  change(line: number, { from, to, isHere }: { from: number; to: number; isHere: boolean }): boolean {
    this.#ahead = this.#ahead.filter((known) => known.to > from)
    const isKnown = this.#ahead.some(({ first, last }) => first <= line && line <= last)
    const canBeAdded = isHere && !isKnown && !this.#stale.has(line)
    this.#changedAt.delete(line)
    this.#changedAt.set(line, to)
    if (isHere && !canBeAdded) this.#stale.add(line)
    for (const oldest of this.#changedAt.keys()) {
      if (this.#changedAt.size <= MOST_REMEMBERED) break
      this.#changedAt.delete(oldest)
    }
    return canBeAdded
  }

  /**
   * Notes that lines were fetched.
   *
   * @param known - `at` is the byte offset that the stream has reached, or null when there is no stream.
   * @returns those of the lines that are at least as new as our copies.
   */
  fetch<Item extends { readonly number: number }>(
    lines: readonly Item[],
    known: { to: number; at: number | null; isSettled: boolean },
    isHere: (line: number) => boolean,
  ): Item[] {
    const [first, last] = [lines[0]?.number, lines.at(-1)?.number]
    if (first === undefined || last === undefined) return []
    if (known.at !== null && known.to > known.at) this.#ahead.push({ first, last, to: known.to })
    if (!known.isSettled) this.#unsettled.push({ first, last })
    return lines.filter(({ number }) => {
      const isOld = (this.#changedAt.get(number) ?? 0) > known.to
      if (isOld && isHere(number) && !this.#stale.has(number)) return false
      if (isOld) this.#stale.add(number)
      else {
        this.#stale.delete(number)
        this.#changedAt.delete(number)
      }
      return true
    })
  }

  /**
   * Marks everything fetched so far as out of date: the server has now indexed the whole log.
   *
   * @param mayDiffer - whether lines changed further down.
   */
  settle(mayDiffer: boolean): void {
    const old = mayDiffer ? this.#unsettled : []
    for (const { first, last } of old) for (let line = first; line <= last; line++) this.#stale.add(line)
    this.#unsettled = []
  }

  clear(): void {
    this.#changedAt.clear()
    this.#stale.clear()
    this.#ahead = []
    this.#unsettled = []
  }
}
