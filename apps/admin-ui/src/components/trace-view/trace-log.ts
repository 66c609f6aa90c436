import type { Line } from '@yardmaster/trace-format'
import type { TraceLines } from '../../api.ts'
import { LineCache } from './line-cache.ts'
import { Sections } from './sections.ts'
import { ErrorLines, Tail } from './tail.ts'
import { linesIn, type TraceApi, type TraceStep } from './trace-source.ts'

/** Work on what came takes so much of a frame. */
const WORK_MS = 8
/** Text is parsed so much at a time. */
const STEP = 65_536
/** With more than this waiting, the end is asked for instead: somebody who looks at it is there at once. */
const MOST_WAITING = 24_000_000
const LAST_LINES = 300
const MARGIN = 200
const MOST_ASKED = 1_500
const OUTLINE_MS = 1_500
const RETRY_MS = [300, 1_000, 2_000, 5_000]

/**
 * A job's log in the browser: windows of lines fetched as they are looked at, and, while the job runs, its end as it
 * grows. Line numbers never change, so both fill one cache, which is bounded.
 */
export class TraceLog {
  readonly cache = new LineCache()
  readonly sections = new Sections()
  readonly errors = new ErrorLines()
  complete = false
  /** Bytes stored, and how many of them the server has indexed. */
  size = 0
  indexedBytes = 0
  /** Whether anything is known at all. */
  known = false
  /** Whether lines carry time stamps. */
  stamped = false
  broken = false
  /** Counts up with every change of the lines. */
  version = 0

  readonly #api: TraceApi
  readonly #listeners = new Set<() => void>()
  #totalLines: number | null = null
  #indexedLines = 0
  #tail: Tail | null = null
  #waiting: TraceStep[] = []
  #waitingText = 0
  #frame = 0
  #stopWatching: (() => void) | null = null
  #asked: { first: number; last: number; over: AbortController } | null = null
  #wanted: readonly number[] = []
  #life = new AbortController()
  #failures = 0
  #timers = new Set<number>()

  constructor(api: TraceApi) {
    this.#api = api
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** How many lines there are, as far as is known; the unfinished last one too. */
  get lineCount(): number {
    return Math.max(this.#totalLines ?? this.#indexedLines, this.#tail?.lastLine ?? 0)
  }

  /** Whether `lineCount` is all of them. */
  get counted(): boolean {
    return this.#tail !== null || this.#totalLines !== null
  }

  /** While it grows, how many lines don't any more; null if that is all of them, or nobody knows. */
  get wholeLines(): number | null {
    return this.#tail?.wholeLines ?? null
  }

  get(line: number): Line | undefined {
    return this.#tail?.get(line) ?? this.cache.get(line)
  }

  /** Begins, or goes on after `stop`. */
  start(live: boolean): void {
    this.#life = new AbortController()
    if (live && !this.complete) void this.#findEnd()
    else if (!this.known && this.#wanted.length === 0) this.want([1])
    else this.#fetchMissing()
    void this.#learnOutline()
  }

  /** Lets go of every connection; what is known stays. */
  stop(): void {
    this.#life.abort()
    this.#stopWatching?.()
    this.#stopWatching = null
    this.#asked = null
    this.#waiting = []
    this.#waitingText = 0
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    for (const timer of this.#timers) window.clearTimeout(timer)
    this.#timers.clear()
  }

  /** These lines are on screen, in ascending order: what is missing of them is fetched. */
  want(lines: readonly number[]): void {
    this.#wanted = lines
    this.cache.touch(lines)
    this.#fetchMissing()
  }

  /** Lines by number, from the cache or the server; ends early if there are no more. */
  async read(first: number, last: number, signal: AbortSignal): Promise<Line[]> {
    const lines: Line[] = []
    for (let next = first; next <= last; ) {
      const here = this.get(next)
      if (here) {
        lines.push(here)
        next += 1
        continue
      }
      const { window: found, totalLines } = await this.#api.lines(
        { from: next, limit: Math.min(2_000, last - next + 1) },
        signal,
      )
      if (found === null && totalLines === null) continue
      const got = found ? linesIn(found).filter(({ number }) => number >= next && number <= last) : []
      if (got.length === 0) break
      lines.push(...got)
      next = (got.at(-1)?.number ?? last) + 1
    }
    return lines
  }

  #fetchMissing(): void {
    if (this.#life.signal.aborted) return
    const end = this.known && this.counted ? this.lineCount : Number.POSITIVE_INFINITY
    const missing = this.#wanted.filter((line) => line <= end && !this.get(line))
    const first = missing[0]
    if (first === undefined) return
    if (this.#asked) {
      if (this.#asked.first <= first && first <= this.#asked.last) return
      this.#asked.over.abort()
    }
    const last = missing.findLast((line) => line < first + MOST_ASKED) ?? first
    // Who reads upwards will want what is above.
    const from = Math.max(1, first === this.#wanted[0] ? first - MARGIN : first)
    const to = Math.min(last + MARGIN, from + MOST_ASKED - 1)
    void this.#ask({ first: from, last: to }, first)
  }

  async #ask(range: { first: number; last: number }, needed: number): Promise<void> {
    const over = new AbortController()
    const asked = { ...range, over }
    this.#asked = asked
    const signal = AbortSignal.any([over.signal, this.#life.signal])
    try {
      // With lines of a mebibyte a window ends early: then it has to begin where the need is.
      let from = range.first
      let answer = await this.#api.lines({ from, limit: range.last - from + 1 }, signal)
      if (answer.window && answer.window.firstLine + answer.window.lines <= needed && needed > from) {
        from = needed
        answer = await this.#api.lines({ from, limit: range.last - from + 1 }, signal)
      }
      if (signal.aborted) return
      this.#failures = 0
      this.#asked = null
      this.#learnTotals(answer)
      if (answer.window) this.#keep(linesIn(answer.window))
      this.#changed()
      const isThere = answer.window !== null || answer.totalLines !== null
      if (isThere && !this.get(needed) && needed <= this.lineCount) this.#later(1_000, () => this.#fetchMissing())
      else this.#fetchMissing()
    } catch {
      if (this.#asked === asked) this.#asked = null
      if (!signal.aborted) this.#later(this.#pause(), () => this.#fetchMissing())
    }
  }

  /** The end of a log that grows, and from there on what comes. */
  async #findEnd(): Promise<void> {
    const { signal } = this.#life
    while (!signal.aborted) {
      try {
        const answer = await this.#api.lines({ last: true, limit: LAST_LINES }, signal)
        if (signal.aborted) return
        this.#failures = 0
        if (this.#tail && answer.size < this.#tail.at) this.#forget()
        this.#learnTotals(answer)
        const { window: end } = answer
        if (end) {
          this.stamped ||= end.state.stamped === true
          const place = { state: end.state, text: end.text, at: end.to }
          this.#tail = new Tail(place, (lines) => this.#follow(lines))
          this.#watch()
        }
        this.#changed()
        if (end) return
      } catch {
        if (signal.aborted) return
        await new Promise<void>((resolve) => this.#later(this.#pause(), resolve))
      }
    }
  }

  #watch(): void {
    if (!this.#tail) return
    this.#stopWatching?.()
    this.#stopWatching = this.#api.watch(this.#tail.at, {
      step: (step) => {
        this.#waiting.push(step)
        this.#waitingText += step.text.length
        if (this.#waitingText > MOST_WAITING) this.#startOver()
        else this.#soon()
      },
      state: (state) => {
        this.broken = state === 'broken'
        this.#changed()
      },
      lost: () => {
        this.broken = true
        this.#changed()
        this.#later(this.#pause(), () => this.#startOver())
      },
    })
  }

  /** From the end as it is now; lines in between are fetched when somebody looks. */
  #startOver(): void {
    this.#stopWatching?.()
    this.#stopWatching = null
    this.#waiting = []
    this.#waitingText = 0
    void this.#findEnd()
    void this.#learnOutline()
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#work()
    })
  }

  /** Takes in what came, as much as fits into a frame. */
  #work(): void {
    const until = performance.now() + WORK_MS
    let over = false
    for (let step = this.#waiting[0]; step && performance.now() < until; step = this.#waiting[0]) {
      const tail = this.#tail
      if (!tail) break
      this.#waiting.shift()
      this.#waitingText -= step.text.length
      this.known = true
      this.size = Math.max(this.size, step.size)
      const { bytes } = step
      if (step.from > tail.at) {
        this.#startOver()
        return
      }
      // Sent again after a broken connection.
      if (step.from + bytes <= tail.at && !step.complete) continue
      if (step.from === tail.at) {
        for (let at = 0; at < step.text.length; at += STEP) this.#follow(tail.push(step.text.slice(at, at + STEP)))
        tail.at += bytes
      }
      if (step.complete) {
        this.#follow(tail.end())
        over = true
      }
    }
    this.#tail?.look()
    if (over) {
      this.complete = true
      this.#stopWatching?.()
      this.#stopWatching = null
    } else if (this.#waiting.length > 0) this.#soon()
    this.#changed()
  }

  #follow(lines: readonly Line[]): void {
    this.#keep(lines)
    for (const line of lines) {
      if (line.section || line.ends.length > 0) this.sections.follow(line)
      this.errors.follow(line)
    }
  }

  #keep(lines: readonly Line[]): void {
    this.cache.put(lines)
    if (lines[0]?.stamp) this.stamped = true
    // A burst passes through; what is on screen stays.
    this.cache.touch(this.#wanted)
  }

  #learnTotals(totals: Pick<TraceLines, 'size' | 'complete' | 'indexedBytes' | 'indexedLines' | 'totalLines'>): void {
    this.known = true
    this.size = Math.max(this.size, totals.size)
    this.indexedBytes = totals.indexedBytes
    this.#indexedLines = Math.max(this.#indexedLines, totals.indexedLines)
    this.#totalLines =
      totals.totalLines === null ? this.#totalLines : Math.max(totals.totalLines, this.#totalLines ?? 0)
    if (totals.complete && !this.#tail) this.complete = true
  }

  /** Sections and errors of what is indexed; again until all of it is. */
  async #learnOutline(): Promise<void> {
    const { signal } = this.#life
    try {
      const outline = await this.#api.outline(signal)
      if (signal.aborted) return
      this.#learnTotals(outline)
      this.sections.learn(outline.sections, outline.indexedLines)
      this.errors.learn({ lines: outline.errorLines, count: outline.errorLineCount, upTo: outline.indexedLines })
      this.#changed()
      if (outline.totalLines === null) this.#later(OUTLINE_MS, () => void this.#learnOutline())
    } catch {
      if (!signal.aborted) this.#later(this.#pause(), () => void this.#learnOutline())
    }
  }

  #forget(): void {
    this.cache.clear()
    this.sections.clear()
    this.errors.clear()
    this.#tail = null
    this.#totalLines = null
    this.#indexedLines = 0
    this.size = 0
  }

  #pause(): number {
    this.#failures += 1
    return RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? 5_000
  }

  #later(ms: number, work: () => void): void {
    const timer = window.setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, ms)
    this.#timers.add(timer)
  }

  #changed(): void {
    this.version += 1
    for (const listener of this.#listeners) listener()
  }
}
