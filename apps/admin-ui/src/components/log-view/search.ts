import type { Line } from '@yardmaster/trace-format'
import type { TraceSearch } from '../../lib/api.ts'
import { faultOf } from '../../lib/refusal.ts'
import { Highlights } from './highlights.ts'
import { MatchCount } from './match-count.ts'
import { type Match, MatchSteps, type Place } from './match-steps.ts'
import type { Matcher } from './matcher.ts'
import type { Found } from './pieces.ts'
import type { Query } from './query.ts'

export interface SearchRequest extends Query {
  readonly fromLine: number
  readonly toLine?: number
  readonly limit: number
  /** When false, the search ends at the last match that is listed. */
  readonly countAll: boolean
}

/** What a search needs of the outside. */
export interface SearchSource {
  ask(request: SearchRequest, signal: AbortSignal): Promise<TraceSearch>
  /** The last line to count, because later ones still grow; null to count all. */
  wholeLines(): number | null
  readonly matcher: Matcher
}

const PAGE = 500
/** Requests after which the user has to ask for more. */
const MOST_ASKED = 15
const REGROW_MS = 2_000

/** A search over a whole log. The server searches; matches on screen are marked here. */
export class LogSearch {
  query: Query | null = null
  /** What is wrong with the pattern, or with the connection. */
  problem: string | null = null
  /** The results so far. After a timeout, `searchOn` continues. */
  count = new MatchCount()
  current: Match | null = null
  /** Counts the lines with a match up to the current one; null until known. */
  rank: number | null = null
  version = 0

  readonly #source: SearchSource
  readonly #listeners = new Set<() => void>()
  readonly #highlights: Highlights
  readonly #steps: MatchSteps
  /** Cancels counting, which covers the whole log; the next one cancels the last step. */
  #counting = new AbortController()
  #stepping = new AbortController()
  #under = 0
  #countedAt = 0

  constructor(source: SearchSource) {
    this.#source = source
    this.#highlights = new Highlights(source.matcher, () => this.#changed())
    this.#steps = new MatchSteps(
      (fromLine, toLine) =>
        this.#answer({ fromLine, ...(toLine && { toLine }), countAll: false }, this.#stepping.signal),
      () => this.count,
    )
  }

  get busy(): boolean {
    return this.#under > 0
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Starts another search, or none when `query` is null. @returns whether there is an answer. */
  async search(query: Query | null): Promise<boolean> {
    this.stop()
    this.#counting = new AbortController()
    this.query = query
    this.problem = null
    this.count = new MatchCount()
    this.current = null
    this.rank = null
    this.#highlights.mark(query)
    this.#changed()
    if (query === null || !(await this.#count())) return false
    for (let asked = 1; this.count.timedOut && this.count.lines === 0 && asked < MOST_ASKED; asked++) {
      if (!(await this.#count())) return false
    }
    if (this.count.timedOut) void this.searchOn()
    return true
  }

  /** Continues after a timeout, for a limited number of requests; then the user has to ask again. */
  async searchOn(): Promise<void> {
    for (let asked = 0; this.count.timedOut && asked < MOST_ASKED; asked++) {
      if (!(await this.#count())) return
    }
  }

  /** Counts matches in lines that were added, at intervals. */
  grow(): void {
    if (!this.query || this.busy || this.count.timedOut || this.problem) return
    const whole = this.#source.wholeLines()
    if (whole === null || whole <= this.count.searchedTo || performance.now() - this.#countedAt < REGROW_MS) return
    void this.#count()
  }

  /** Steps to the first match after a place, wrapping around at the end. @returns null when there is none. */
  async next(after: Place): Promise<Match | null> {
    this.#beginStep()
    return this.#stepTo(await this.#steps.next(after), after, 1)
  }

  /** Steps to the last match before a place, wrapping around at the beginning. */
  async previous(before: Place): Promise<Match | null> {
    this.#beginStep()
    return this.#stepTo(await this.#steps.previous(before), before, -1)
  }

  /** Returns what to mark in a line. */
  found(line: Line): readonly Found[] {
    return this.#highlights.of(line)
  }

  /** Cancels all requests. */
  stop(): void {
    this.#counting.abort()
    this.#stepping.abort()
  }

  /** Makes one request, which continues where the last one stopped. @returns whether it succeeded. */
  async #count(): Promise<boolean> {
    const fromLine = this.count.searchedTo + 1
    const whole = this.#source.wholeLines()
    if (whole !== null && whole < fromLine) return true
    const { signal } = this.#counting
    const answer = await this.#answer({ fromLine, ...(whole !== null && { toLine: whole }), countAll: true }, signal)
    if (!answer) return false
    this.#countedAt = performance.now()
    if (this.count.lines === 0) this.#steps.turnTo(fromLine, answer)
    this.count.add(answer)
    this.#changed()
    return true
  }

  /** Cancels the step before. */
  #beginStep(): void {
    this.#stepping.abort()
    this.#stepping = new AbortController()
  }

  #stepTo(match: Match | null, from: Place, direction: 1 | -1): Match | null {
    if (match === null) return null
    this.rank = this.#rankBeside(match, from, direction)
    this.current = match
    if (this.rank === null) void this.#learnRank(match)
    this.#highlights.step(match)
    this.#changed()
    return match
  }

  /** Returns the rank of the match next to the current one; null when the step began elsewhere. */
  #rankBeside({ line }: Match, from: Place, direction: 1 | -1): number | null {
    const { current, rank, count } = this
    if (!current || rank === null || from.line !== current.line || from.start !== current.start) return null
    if (line === current.line) return rank
    if (direction === 1) return line > current.line ? rank + 1 : 1
    if (line < current.line) return rank - 1
    return count.timedOut ? null : count.lines
  }

  /** Counts the lines with a match up to this one. Within a bucket that may take a request. */
  async #learnRank(match: Match): Promise<void> {
    const { signal } = this.#stepping
    const place = this.count.placeOf(match.line)
    if (!place) return
    const { line: first, count } = place.bucket
    const known = count === 1 ? 1 : this.#steps.linesIn(first, match.line)
    let rank = place.before + (known ?? 0)
    for (let asked = 0, fromLine = first; known === null && fromLine <= match.line; asked++) {
      const answer =
        asked < MOST_ASKED ? await this.#answer({ fromLine, toLine: match.line, countAll: true }, signal) : null
      if (!answer || signal.aborted) return
      rank += answer.count
      fromLine = answer.timedOut ? answer.searchedTo + 1 : match.line + 1
    }
    this.rank = rank
    this.#changed()
  }

  /** Makes one request. Returns null when it failed or was canceled. */
  async #answer(
    request: Pick<SearchRequest, 'fromLine' | 'toLine' | 'countAll'>,
    signal: AbortSignal,
  ): Promise<TraceSearch | null> {
    const { query } = this
    if (!query || signal.aborted) return null
    this.#under += 1
    this.#changed()
    try {
      const answer = await this.#source.ask({ ...query, ...request, limit: PAGE }, signal)
      if (signal.aborted) return null
      this.problem = null
      return answer
    } catch (error) {
      if (!signal.aborted) this.problem = faultOf(error, 'query')
      return null
    } finally {
      this.#under -= 1
      this.#changed()
    }
  }

  #changed(): void {
    this.version += 1
    for (const listener of this.#listeners) listener()
  }
}
