import type { LineRange } from './line-range.ts'

/** Lines of which more is forgotten than remembered; nobody waits for those any more. */
const MOST_REMEMBERED = 20_000

interface KnownLines extends LineRange {
  /** What the log's first so many bytes say of them. */
  readonly to: number
}

/**
 * Which lines went on after they were there (`docs/protocol/trace.md 10`), so that neither an answer that knew less
 * replaces one that knew more, nor is anything added twice.
 */
export class ChangedLines {
  /** After which byte of the log. */
  readonly #changedAt = new Map<number, number>()
  readonly #stale = new Set<number>()
  /** Fetched, and knowing more than had come by itself then. */
  #ahead: KnownLines[] = []
  /** Fetched while the server had not looked through the log. */
  #unsettled: LineRange[] = []

  /** What there is of a line is not what it is now. */
  isStale(line: number): boolean {
    return this.#stale.has(line)
  }

  /** A line went on. @returns whether it can be added to what there is of it. */
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
   * Lines were fetched.
   *
   * @param known - `at` is how far the log has come by itself; null when it does not.
   * @returns of those, the ones that are no worse than what there is.
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

  /** The server has looked through the log now: what was fetched before is fetched again. */
  settle(): void {
    for (const { first, last } of this.#unsettled) for (let line = first; line <= last; line++) this.#stale.add(line)
    this.#unsettled = []
  }

  clear(): void {
    this.#changedAt.clear()
    this.#stale.clear()
    this.#ahead = []
    this.#unsettled = []
  }
}
