import type { TraceSearch } from '../../lib/api.ts'
import type { MatchCount } from './match-count.ts'

export type Match = TraceSearch['matches'][number]

export interface Place {
  readonly line: number
  readonly start: number
}

/** Lists matches from a line on, up to `toLine`. Returns null when the request was canceled or failed. */
type List = (fromLine: number, toLine?: number) => Promise<TraceSearch | null>

/** Most requests that one step makes in a row. */
const MOST_ASKED = 30
/** Lines searched first when stepping backwards; doubled while nothing is found. */
const FIRST_BACK = 64
/** Most buckets searched backwards: the matches of the first one may all be after the place. */
const MOST_BACK = 4
const END: Place = { line: Number.MAX_SAFE_INTEGER, start: 0 }
const START: Place = { line: 0, start: -1 }

/** Steps from match to match, keeping only the matches around the last step. */
export class MatchSteps {
  readonly #list: List
  readonly #count: () => MatchCount
  /** All matches of these lines. */
  #page: { from: number; to: number; matches: readonly Match[] } = { from: 1, to: 0, matches: [] }

  constructor(list: List, count: () => MatchCount) {
    this.#list = list
    this.#count = count
  }

  /** Keeps the matches that a search from `fromLine` on has listed. */
  turnTo(fromLine: number, { nextLine, searchedTo, matches }: TraceSearch): void {
    this.#page = { from: fromLine, to: nextLine === null ? searchedTo : nextLine - 1, matches }
  }

  /** Returns how many of these lines have a match; null when they are not all at hand. */
  linesIn(first: number, last: number): number | null {
    const { from, to, matches } = this.#page
    if (first < from || to < last) return null
    return new Set(matches.map(({ line }) => line).filter((line) => first <= line && line <= last)).size
  }

  /** Returns the first match after a place, wrapping around at the end; null when there is none. */
  async next(after: Place): Promise<Match | null> {
    const found = await this.#nextOf(after)
    if (found || found === undefined || after.line === START.line || this.#count().lines === 0) return found ?? null
    return (await this.#nextOf(START)) ?? null
  }

  /** Returns the last match before a place, wrapping around at the beginning; null when there is none. */
  async previous(before: Place): Promise<Match | null> {
    const found = await this.#previousOf(before)
    if (found || found === undefined || before.line === END.line || this.#count().lines === 0) return found ?? null
    return (await this.#previousOf(END)) ?? null
  }

  /** Returns null when there is no match up to the end, undefined when the search did not get that far. */
  async #nextOf(after: Place): Promise<Match | null | undefined> {
    const behind = ({ line, start }: Match) => line > after.line || (line === after.line && start > after.start)
    const { from, to, matches } = this.#page
    const isHere = from <= after.line + 1 && after.line <= to
    const here = isHere ? matches.find(behind) : undefined
    if (here) return here
    let fromLine: number | null = isHere ? to + 1 : Math.max(1, after.line)
    for (let asked = 0; fromLine !== null; asked++) {
      const answer: TraceSearch | null = asked < MOST_ASKED ? await this.#list(fromLine) : null
      if (!answer) return undefined
      this.turnTo(fromLine, answer)
      const found = answer.matches.find(behind)
      if (found) return found
      fromLine = answer.nextLine
    }
    return null
  }

  async #previousOf(before: Place): Promise<Match | null | undefined> {
    const ahead = ({ line, start }: Match) => line < before.line || (line === before.line && start < before.start)
    const { from, to, matches } = this.#page
    const here = from <= before.line && before.line <= to + 1 ? matches.findLast(ahead) : undefined
    if (here) return here
    let last = before.line
    let looked = 0
    for (const { line, lines } of this.#count().before(before.line)) {
      // When an answer ends in the middle of a bucket, the next one lists that bucket again.
      if (line > last) continue
      if (looked++ === MOST_BACK) return undefined
      last = Math.min(last, line + lines - 1)
      for (let size = FIRST_BACK; last >= line; size *= 2) {
        const first = Math.max(line, last - size + 1)
        const found = await this.#lastIn(first, last, ahead)
        if (found !== null) return found
        last = first - 1
      }
    }
    return null
  }

  /** Returns the last match in these lines for which `fits` is true; null and undefined as above. */
  async #lastIn(first: number, last: number, fits: (match: Match) => boolean): Promise<Match | null | undefined> {
    let found: Match | null = null
    let page = this.#page
    let fromLine: number | null = first
    for (let asked = 0; fromLine !== null; asked++) {
      const answer: TraceSearch | null = asked < MOST_ASKED ? await this.#list(fromLine, last) : null
      if (!answer) return undefined
      this.turnTo(fromLine, answer)
      const here = answer.matches.findLast(fits)
      if (here) {
        found = here
        page = this.#page
      }
      fromLine = answer.nextLine
    }
    // The next step will probably go backwards, too.
    if (found) this.#page = page
    return found
  }
}
