import type { TraceLines } from '../../lib/api.ts'
import type { LogApi } from './log-source.ts'
import type { Retries } from './retries.ts'

const MARGIN = 200
const MOST_ASKED = 1_500
const MISSING_MS = 1_000

interface Asked {
  readonly first: number
  readonly last: number
  readonly over: AbortController
}

/** Where fetched windows go, and which lines are there already. */
interface Shelf {
  has(line: number): boolean
  /** Number of the last line, or `Infinity` while unknown. */
  lastLine(): number
  put(answer: TraceLines): void
}

/** Fetches windows of lines around what is on screen, one at a time. */
export class LineWindows {
  readonly #api: LogApi
  readonly #retries: Retries
  readonly #shelf: Shelf
  #wanted: readonly number[] = []
  #asked: Asked | null = null
  #stopped = true

  constructor(api: LogApi, retries: Retries, shelf: Shelf) {
    this.#api = api
    this.#retries = retries
    this.#shelf = shelf
  }

  get wanted(): readonly number[] {
    return this.#wanted
  }

  start(): void {
    this.#stopped = false
    this.#fetch()
  }

  stop(): void {
    this.#stopped = true
    this.#asked?.over.abort()
    this.#asked = null
  }

  /** Fetches the missing ones of the lines on screen, which are given in ascending order. */
  want(lines: readonly number[]): void {
    this.#wanted = lines
    this.#fetch()
  }

  #fetch(): void {
    if (this.#stopped) return
    const end = this.#shelf.lastLine()
    const missing = this.#wanted.filter((line) => line <= end && !this.#shelf.has(line))
    const first = missing[0]
    if (first === undefined) return
    if (this.#asked) {
      if (this.#asked.first <= first && first <= this.#asked.last) return
      this.#asked.over.abort()
    }
    const last = missing.findLast((line) => line < first + MOST_ASKED) ?? first
    // When the user scrolls up, the lines above will be needed next.
    const from = Math.max(1, first === this.#wanted[0] ? first - MARGIN : first)
    const to = Math.min(last + MARGIN, from + MOST_ASKED - 1)
    void this.#ask({ first: from, last: to, over: new AbortController() }, first)
  }

  async #ask(asked: Asked, needed: number): Promise<void> {
    this.#asked = asked
    const { signal } = asked.over
    try {
      let answer = await this.#api.lines({ from: asked.first, limit: asked.last - asked.first + 1 }, signal)
      const reached = answer.window ? answer.window.firstLine + answer.window.lines - 1 : needed
      // With lines of a mebibyte a window ends early, perhaps before the line we need: then fetch from that line on.
      if (reached < needed) answer = await this.#api.lines({ from: needed, limit: asked.last - needed + 1 }, signal)
      if (signal.aborted) return
      this.#retries.succeeded()
      this.#asked = null
      this.#shelf.put(answer)
      const isRead = answer.window !== null || answer.totalLines !== null
      const isMissing = isRead && !this.#shelf.has(needed) && needed <= this.#shelf.lastLine()
      if (isMissing) this.#retries.later(MISSING_MS, () => this.#fetch())
      else this.#fetch()
    } catch {
      if (this.#asked === asked) this.#asked = null
      if (!signal.aborted) this.#retries.again(() => this.#fetch())
    }
  }
}
