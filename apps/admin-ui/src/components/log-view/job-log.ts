import { changeLine, type Line, type LineChange } from '@yardmaster/trace-format'
import type { TraceLines } from '../../lib/api.ts'
import { ChangedLines } from './changed-lines.ts'
import { Arrivals } from './frame-queue.ts'
import { LineCache } from './line-cache.ts'
import { LineWindows } from './line-windows.ts'
import { LinesBySeverity } from './lines-by-severity.ts'
import { Extent } from './log-size.ts'
import { type LogApi, linesIn, type TraceStep } from './log-source.ts'
import { Retries } from './retries.ts'
import { Sections } from './sections.ts'
import { Tail } from './tail.ts'

/** With more UTF-16 units in the queue, we skip them and fetch the end, so that the view catches up at once. */
const MOST_WAITING = 24_000_000
const LAST_LINES = 300
const OUTLINE_MS = 1_500
const MOST_READ = 2_000

/**
 * A job's log in the browser: windows of lines fetched as they are looked at, and, while the job runs, its end as it
 * grows. Line numbers never change, so both fill one cache, which is bounded.
 */
export class JobLog {
  readonly cache = new LineCache()
  readonly sections = new Sections()
  readonly bySeverity = new LinesBySeverity()
  readonly extent = new Extent()
  complete = false
  /** Whether lines carry time stamps. */
  stamped = false
  broken = false
  /** Increases with every change of the lines. */
  version = 0

  readonly #api: LogApi
  readonly #listeners = new Set<() => void>()
  readonly #retries = new Retries()
  readonly #windows: LineWindows
  readonly #arrivals: Arrivals
  readonly #changed = new ChangedLines()
  #tail: Tail | null = null
  #stopWatching: (() => void) | null = null
  #life = new AbortController()

  constructor(api: LogApi) {
    this.#api = api
    this.#windows = new LineWindows(api, this.#retries, {
      has: (line) => this.#isHere(line) && !this.#changed.isStale(line),
      lastLine: () => (this.extent.known && this.counted ? this.lineCount : Number.POSITIVE_INFINITY),
      put: (answer) => this.#put(answer),
    })
    this.#arrivals = new Arrivals({ take: (step) => this.#take(step), taken: () => this.#taken() })
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Number of lines known so far, including an unfinished last one. */
  get lineCount(): number {
    return Math.max(this.extent.lines, this.#tail?.lastLine ?? 0)
  }

  /** Whether `lineCount` covers the whole log. */
  get counted(): boolean {
    return this.#tail !== null || this.extent.counted
  }

  /** Number of lines that can no longer change; null when the log does not grow, or its end is not found yet. */
  get wholeLines(): number | null {
    return this.#tail?.wholeLines ?? null
  }

  /** The first time stamp, in milliseconds of the runner's clock; null until known. */
  get firstStamp(): number | null {
    const begun = this.get(1)?.stamp
    return this.extent.firstStamp ?? (begun ? Date.parse(begun.time) : null)
  }

  get(line: number): Line | undefined {
    return this.#tail?.get(line) ?? this.cache.get(line)
  }

  #isHere(line: number): boolean {
    return this.get(line) !== undefined
  }

  /** Starts, or resumes after `stop`. */
  start(live: boolean): void {
    this.#life = new AbortController()
    if (live && !this.complete) void this.#findEnd()
    else if (!this.extent.known && this.#windows.wanted.length === 0) this.#windows.want([1])
    this.#windows.start()
    void this.#learnOutline()
  }

  /** Closes every connection; the lines already here stay. */
  stop(): void {
    this.#life.abort()
    this.#windows.stop()
    this.#unwatch()
    this.#retries.stop()
  }

  /** Fetches the missing ones of the lines on screen, which are given in ascending order. */
  want(lines: readonly number[]): void {
    this.cache.touch(lines)
    this.#windows.want(lines)
  }

  /** Returns lines by number, from the cache or the server; fewer when the log ends before `last`. */
  async read(first: number, last: number, signal: AbortSignal): Promise<Line[]> {
    const lines: Line[] = []
    for (let next = first; next <= last; ) {
      const here = this.get(next)
      if (here && !this.#changed.isStale(next)) {
        lines.push(here)
        next += 1
        continue
      }
      const place = { from: next, limit: Math.min(MOST_READ, last - next + 1) }
      const answer = await this.#api.lines(place, signal)
      if (answer.window === null && answer.totalLines === null) continue
      const got = linesIn(answer).filter(({ number }) => number >= next && number <= last)
      if (got.length === 0) break
      lines.push(...got)
      next = (got.at(-1)?.number ?? last) + 1
    }
    return lines
  }

  /** Fetches the end of a growing log, then watches it from there. */
  async #findEnd(): Promise<void> {
    const { signal } = this.#life
    while (!signal.aborted) {
      try {
        const answer = await this.#api.lines({ last: true, limit: LAST_LINES }, signal)
        if (signal.aborted) return
        this.#retries.succeeded()
        if (this.#tail && answer.size < this.#tail.at) this.#forget()
        this.#learnTotals(answer)
        const { window: end } = answer
        if (end) {
          this.stamped ||= end.state.stamped === true
          this.#tail = new Tail(end, end.to, (lines) => this.#follow(lines))
          this.#watch(this.#tail.at)
        }
        this.#notify()
        if (end) return
      } catch {
        if (signal.aborted) return
        await new Promise<void>((resolve) => this.#retries.again(resolve))
      }
    }
  }

  #watch(from: number): void {
    this.#unwatch()
    this.#stopWatching = this.#api.watch(from, {
      step: (step) => {
        this.#arrivals.push(step)
        if (this.#arrivals.text > MOST_WAITING) this.#startOver()
      },
      state: (state) => {
        this.broken = state === 'broken'
        this.#notify()
      },
      lost: () => {
        this.broken = true
        this.#notify()
        this.#retries.again(() => this.#startOver())
      },
    })
  }

  #unwatch(): void {
    this.#stopWatching?.()
    this.#stopWatching = null
    this.#arrivals.clear()
  }

  /** Continues from the current end; the lines skipped are fetched when they come on screen. */
  #startOver(): void {
    this.#unwatch()
    void this.#findEnd()
    void this.#learnOutline()
  }

  #take(step: TraceStep): boolean {
    this.extent.grow(step.size)
    const from = this.#tail?.at ?? 0
    const news = this.#tail?.take(step)
    if (!news) {
      this.#startOver()
      return false
    }
    this.#follow(news.lines)
    for (const change of news.changes) this.#change(change, { from, to: this.#tail?.at ?? from })
    if (step.complete) this.complete = true
    return true
  }

  #taken(): void {
    this.#tail?.look()
    if (this.complete) this.#unwatch()
    this.#notify()
  }

  #follow(lines: readonly Line[]): void {
    this.#keep(lines)
    for (const line of lines) {
      if (line.section || line.ends.length > 0) this.sections.follow(line)
      this.bySeverity.follow(line)
    }
  }

  /** Extends an earlier line by a change found in the bytes `from` … `to`. */
  #change(change: LineChange, bytes: { from: number; to: number }): void {
    const line = this.cache.get(change.number)
    if (this.#changed.change(change.number, { ...bytes, isHere: line !== undefined }) && line) {
      const changed = changeLine(line, change)
      this.cache.put([changed])
      this.bySeverity.change(changed)
    }
    this.sections.change(change)
  }

  #put(answer: TraceLines): void {
    this.#learnTotals(answer)
    if (answer.window) {
      const known = { to: answer.window.changedTo, at: this.#tail?.at ?? null, isSettled: answer.totalLines !== null }
      this.#keep(this.#changed.fetch(linesIn(answer), known, (line) => this.cache.get(line) !== undefined))
    }
    this.#notify()
  }

  #keep(lines: readonly Line[]): void {
    this.cache.put(lines)
    const first = lines[0]
    if (first?.stamp) this.stamped = true
    if (first?.stamp && first.number === 1) this.extent.firstStamp ??= Date.parse(first.stamp.time)
    // A burst of new lines must not push the lines on screen out of the cache.
    this.cache.touch(this.#windows.wanted)
  }

  #learnTotals(totals: Omit<TraceLines, 'window'>): void {
    this.extent.learn(totals)
    if (totals.complete && !this.#tail) this.complete = true
  }

  /** Fetches the sections and severities of the indexed part, repeatedly until the whole log is indexed. */
  async #learnOutline(): Promise<void> {
    const { signal } = this.#life
    try {
      const outline = await this.#api.outline(signal)
      if (signal.aborted) return
      this.#learnTotals(outline)
      this.sections.learn(outline.sections, outline.indexedLines)
      this.bySeverity.learn(outline)
      if (outline.totalLines !== null) this.#changed.settle(this.stamped || outline.redrawn)
      this.#notify()
      if (outline.totalLines !== null) return
      this.#retries.later(OUTLINE_MS, () => void this.#learnOutline())
    } catch {
      if (!signal.aborted) this.#retries.again(() => void this.#learnOutline())
    }
  }

  #forget(): void {
    this.cache.clear()
    this.#changed.clear()
    this.sections.clear()
    this.bySeverity.clear()
    this.extent.forget()
    this.#tail = null
  }

  #notify(): void {
    this.version += 1
    for (const listener of this.#listeners) listener()
  }
}
