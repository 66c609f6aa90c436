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
  /** False: what is behind the last match that is listed is of no interest. */
  readonly countAll: boolean
}

/** What a search needs of the outside. */
export interface SearchSource {
  ask(request: SearchRequest, signal: AbortSignal): Promise<TraceSearch>
  /** Lines up to here are counted: those behind it still grow. Null: all there are. */
  wholeLines(): number | null
  readonly matcher: Matcher
}

const PAGE = 500
/** Answers after which somebody has to ask for more. */
const MOST_ASKED = 15
const REGROW_MS = 2_000

/** A search over a whole log, which the server does; what is on screen is marked here. */
export class LogSearch {
  query: Query | null = null
  /** What is wrong with the pattern, or with the connection. */
  problem: string | null = null
  /** `searchOn` goes on where time was up. */
  count = new MatchCount()
  current: Match | null = null
  version = 0

  readonly #source: SearchSource
  readonly #listeners = new Set<() => void>()
  readonly #highlights: Highlights
  readonly #steps: MatchSteps
  /** Of counting, which goes through the whole log, and of the last step. */
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

  /** Searches for something else; null for nothing. @returns whether there is an answer. */
  async search(query: Query | null): Promise<boolean> {
    this.stop()
    this.#counting = new AbortController()
    this.query = query
    this.problem = null
    this.count = new MatchCount()
    this.current = null
    this.#highlights.mark(query)
    this.#changed()
    if (query === null || !(await this.#count())) return false
    for (let asked = 1; this.count.timedOut && this.count.lines === 0 && asked < MOST_ASKED; asked++) {
      if (!(await this.#count())) return false
    }
    if (this.count.timedOut) void this.searchOn()
    return true
  }

  /** From where time was up; a good while, then somebody has to ask again. */
  async searchOn(): Promise<void> {
    for (let asked = 0; this.count.timedOut && asked < MOST_ASKED; asked++) {
      if (!(await this.#count())) return
    }
  }

  /** The log may have grown. Counts what came, now and then. */
  grow(): void {
    if (!this.query || this.busy || this.count.timedOut || this.problem) return
    const whole = this.#source.wholeLines()
    if (whole === null || whole <= this.count.searchedTo || performance.now() - this.#countedAt < REGROW_MS) return
    void this.#count()
  }

  /** Steps to the first match after a place, from the end on to the beginning. @returns null when there is none. */
  async next(after: Place): Promise<Match | null> {
    this.#beginStep()
    return this.#stepTo(await this.#steps.next(after))
  }

  /** Steps to the last match before a place, from the beginning on to the end. */
  async previous(before: Place): Promise<Match | null> {
    this.#beginStep()
    return this.#stepTo(await this.#steps.previous(before))
  }

  /** What to mark in a line. */
  found(line: Line): readonly Found[] {
    return this.#highlights.of(line)
  }

  /** Nobody waits for an answer any more. */
  stop(): void {
    this.#counting.abort()
    this.#stepping.abort()
  }

  /** What the server finds in its time, from where it stopped before. */
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

  /** Whatever was stepped to before. */
  #beginStep(): void {
    this.#stepping.abort()
    this.#stepping = new AbortController()
  }

  #stepTo(match: Match | null): Match | null {
    if (match === null) return null
    this.current = match
    this.#highlights.step(match)
    this.#changed()
    return match
  }

  /** One answer of the server; null if there is none, or nobody wants it any more. */
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
