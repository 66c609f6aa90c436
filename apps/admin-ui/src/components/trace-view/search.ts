import { type Line, plainText } from '@yardmaster/trace-format'
import type { TraceSearch } from '../../api.ts'
import { sentenceOf } from '../../lib/refusal.ts'
import type { Found } from './pieces.ts'

export interface Query {
  readonly text: string
  readonly regex: boolean
  readonly caseSensitive: boolean
}

export interface Place {
  readonly line: number
  readonly start: number
}

export type Match = TraceSearch['matches'][number]
type Ask = (query: Query & { fromLine: number; limit: number }, signal: AbortSignal) => Promise<TraceSearch>

const PAGE = 500
/** Most answers that one step waits for. */
const MOST_ASKED = 15
const MOST_SHOWN = 100
const REGROW_MS = 2_000
const NONE: readonly Found[] = []

export interface Bucket {
  readonly line: number
  readonly lines: number
  readonly count: number
}

/** A search over a whole log, which the server does: counts for all of it, and the matches around where one is. */
export class LogSearch {
  query: Query | null = null
  /** What is wrong with the pattern, or with the connection. */
  problem: string | null = null
  /** How many lines have a match. */
  count = 0
  buckets: readonly Bucket[] = []
  /** The last line that was searched. */
  searchedTo = 0
  /** Time was up before the end: `searchOn` goes on. */
  timedOut = false
  current: Match | null = null
  version = 0

  readonly #ask: Ask
  readonly #listeners = new Set<() => void>()
  #page: { from: number; to: number; matches: readonly Match[] } = { from: 1, to: 0, matches: [] }
  #literal: RegExp | null = null
  #found = new WeakMap<Line, readonly Found[]>()
  /** Of counting, which goes through the whole log, and of the last step. */
  #counting = new AbortController()
  #stepping = new AbortController()
  #under = 0
  #countedAt = 0

  constructor(ask: Ask) {
    this.#ask = ask
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
    this.#counting.abort()
    this.#stepping.abort()
    this.#counting = new AbortController()
    this.query = query
    this.problem = null
    this.count = 0
    this.buckets = []
    this.searchedTo = 0
    this.timedOut = false
    this.current = null
    this.#page = { from: 1, to: 0, matches: [] }
    this.#literal = query && !query.regex ? literal(query) : null
    this.#found = new WeakMap()
    this.#changed()
    if (query === null || !(await this.#count())) return false
    for (let asked = 1; this.timedOut && this.count === 0 && asked < MOST_ASKED; asked++) {
      if (!(await this.#count())) return false
    }
    if (this.timedOut) void this.searchOn()
    return true
  }

  /** From where time was up; a good while, then somebody has to ask again. */
  async searchOn(): Promise<void> {
    for (let asked = 0; this.timedOut && asked < MOST_ASKED; asked++) {
      if (!(await this.#count())) return
    }
  }

  /** The log has grown to so many lines. Counts what came, now and then; the last line is left until it is whole. */
  grow(lines: number): void {
    const isDue = this.query && !this.busy && !this.timedOut && !this.problem && this.searchedTo > 0
    if (!isDue || lines - 1 <= this.searchedTo || performance.now() - this.#countedAt < REGROW_MS) return
    this.#countedAt = performance.now()
    void this.#count()
  }

  /** What the server finds in its time, from where it stopped before. */
  async #count(): Promise<boolean> {
    const fromLine = this.searchedTo + 1
    const answer = await this.#answer(fromLine, this.#counting)
    if (!answer) return false
    if (this.count === 0) this.#turnTo(fromLine, answer)
    this.count += answer.count
    const buckets = answer.buckets.map(({ line, count }) => ({ line, count, lines: answer.bucketLines }))
    this.buckets = [...this.buckets, ...buckets]
    this.searchedTo = Math.max(this.searchedTo, answer.searchedTo)
    this.timedOut = answer.timedOut
    this.#changed()
    return true
  }

  /** Steps to the first match after a place, from the end on to the beginning. @returns null when there is none. */
  async next(after: Place): Promise<Match | null> {
    const behind = ({ line, start }: Match) => line > after.line || (line === after.line && start > after.start)
    const { from, to, matches } = this.#page
    if (from <= after.line && after.line <= to) {
      const here = matches.find(behind)
      if (here) return this.#stepTo(here)
    }
    let fromLine: number | null = from <= after.line && after.line <= to ? to + 1 : Math.max(1, after.line)
    for (let asked = 0; fromLine !== null && asked < MOST_ASKED; asked++) {
      const answer = await this.#step(fromLine)
      if (!answer) return null
      const found = answer.matches.find(behind)
      if (found) return this.#stepTo(found)
      fromLine = answer.nextLine
    }
    return after.line > 0 && this.count > 0 ? await this.next({ line: 0, start: -1 }) : null
  }

  /** Steps to the last match before a place, from the beginning on to the end. */
  async previous(before: Place): Promise<Match | null> {
    const ahead = ({ line, start }: Match) => line < before.line || (line === before.line && start < before.start)
    const { from, to, matches } = this.#page
    if (from <= before.line && before.line <= to + 1) {
      const here = matches.findLast(ahead)
      if (here) return this.#stepTo(here)
    }
    const buckets = this.buckets.filter(({ line }) => line <= before.line).slice(-3)
    for (const { line } of buckets.reverse()) {
      let found: Match | undefined
      let fromLine: number | null = line
      for (let asked = 0; fromLine !== null && fromLine <= before.line && asked < MOST_ASKED; asked++) {
        const answer = await this.#step(fromLine)
        if (!answer) return null
        found = answer.matches.findLast(ahead) ?? found
        fromLine = answer.nextLine
      }
      if (found) return this.#stepTo(found)
    }
    const end = { line: Number.MAX_SAFE_INTEGER, start: 0 }
    return before.line < end.line && this.count > 0 ? await this.previous(end) : null
  }

  /** What to mark in a line. */
  found(line: Line): readonly Found[] {
    if (!this.query) return NONE
    const known = this.#found.get(line)
    if (known) return known
    const current = this.current?.line === line.number ? this.current : null
    const places = this.#literal ? literalMatches(line, this.#literal) : this.#listed(line.number)
    const found =
      places.length === 0 ? NONE : places.map(({ start, end }) => ({ start, end, current: start === current?.start }))
    this.#found.set(line, found)
    return found
  }

  #listed(line: number): readonly { start: number; end: number }[] {
    return this.#page.matches.filter((match) => match.line === line).slice(0, MOST_SHOWN)
  }

  #stepTo(match: Match): Match {
    this.current = match
    this.#found = new WeakMap()
    this.#changed()
    return match
  }

  /** Looks somewhere else, whatever was looked for before. */
  async #step(fromLine: number): Promise<TraceSearch | null> {
    this.#stepping.abort()
    this.#stepping = new AbortController()
    const answer = await this.#answer(fromLine, this.#stepping)
    if (answer) this.#turnTo(fromLine, answer)
    return answer
  }

  #turnTo(from: number, { nextLine, searchedTo, matches }: TraceSearch): void {
    this.#page = { from, to: nextLine === null ? searchedTo : nextLine - 1, matches }
    this.#found = new WeakMap()
  }

  /** One answer of the server; null if there is none, or nobody wants it any more. */
  async #answer(fromLine: number, over: AbortController): Promise<TraceSearch | null> {
    const { query } = this
    if (!query || over.signal.aborted) return null
    this.#under += 1
    this.#changed()
    try {
      const answer = await this.#ask({ ...query, fromLine, limit: PAGE }, over.signal)
      if (over.signal.aborted) return null
      this.problem = null
      return answer
    } catch (error) {
      if (!over.signal.aborted) this.problem = sentenceOf(error).replace(/^query: /, '')
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

/** As the server reads it: characters, of either case unless said otherwise. */
function literal({ text, caseSensitive }: Query): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), caseSensitive ? 'gu' : 'giu')
}

function literalMatches(line: Line, pattern: RegExp): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  for (const { 0: text, index } of plainText(line).matchAll(pattern)) {
    found.push({ start: index, end: index + text.length })
    if (found.length === MOST_SHOWN) break
  }
  return found
}
