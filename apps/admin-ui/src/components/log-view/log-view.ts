import { type Line, plainText, type Severity } from '@yardmaster/trace-format'
import { client } from '../../lib/api.ts'
import type { HiddenLines } from './folding.ts'
import { Folding } from './folding.ts'
import { JobLog } from './job-log.ts'
import { type LineRange, rangeOf } from './line-range.ts'
import { logApi, signedIn } from './log-api.ts'
import { WorkerMatcher } from './matcher.ts'
import type { Query } from './query.ts'
import { LogSearch } from './search.ts'
import type { Section } from './sections.ts'
import { Viewport } from './viewport.ts'

/** Share of the viewport in which the line that a log opens at is shown without leaving the end. */
const NEAR_END = 0.7
/** Most lines that can be copied; for more there is the download. */
export const MOST_COPIED = 50_000

export interface Opening {
  readonly jobId: number
  /** Lines that a link points at. */
  readonly range: LineRange | null
}

/** One open log: its lines, the viewport, the search, and the cursor. */
export class LogView {
  readonly log: JobLog
  readonly viewport: Viewport
  readonly search: LogSearch
  marked: LineRange | null
  /** Whether the job has failed, so that what is merely red counts as an error. */
  failed = false
  /** The line that keys act on; null until a key is used. */
  cursor: number | null = null
  readonly #listeners = new Set<() => void>()
  readonly #matcher = new WorkerMatcher()
  #markedFrom = 0
  #frame = 0
  #hidden: readonly HiddenLines[] | null = null
  #toShow: number | null
  #isToBring = false

  constructor({ jobId, range }: Opening) {
    this.log = new JobLog(logApi(jobId))
    this.search = new LogSearch({
      ask: ({ text, ...query }, signal) =>
        signedIn(client.traces.search.query({ jobId, query: text, ...query }, { signal })),
      wholeLines: () => this.log.wholeLines,
      matcher: this.#matcher,
    })
    this.viewport = new Viewport({ follow: !range, redraw: () => this.redraw() })
    this.marked = range
    this.#markedFrom = range?.first ?? 0
    this.#toShow = range?.first ?? null
    this.log.subscribe(() => this.redraw())
    this.search.subscribe(() => this.redraw())
    if (range) this.viewport.jump(range.first)
  }

  /** Called once per frame in which something changed. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  redraw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      for (const listener of this.#listeners) listener()
    })
  }

  /** Whether the place to show is in a part of the log that the server has not indexed yet. */
  get waiting(): boolean {
    const { log, viewport } = this
    if (!log.extent.known || log.counted) return false
    return viewport.following.on || (this.#toShow ?? 0) > log.lineCount
  }

  /** The line that is waited for; empty when that is the end of the log. */
  get wanted(): readonly number[] {
    return this.viewport.following.on || this.#toShow === null ? [] : [this.#toShow]
  }

  /** Computes the current folding. */
  refold(): Folding {
    const { log, viewport } = this
    // While waiting, draw nothing: neither rows that race by nor rows other than the wanted ones.
    const lineCount = this.waiting ? 0 : log.lineCount
    // A section that hides the link's line is only known once the server has indexed it.
    if (this.#toShow !== null && this.#toShow <= log.lineCount && log.sections.reveal(this.#toShow)) this.redraw()
    const { hidden } = log.sections
    if (viewport.folding.lineCount !== lineCount || hidden !== this.#hidden) {
      this.#hidden = hidden
      viewport.folding = new Folding(lineCount, hidden)
    }
    return viewport.folding
  }

  goTo(line: number): void {
    this.log.sections.reveal(line)
    this.#toShow = line
    this.#isToBring = false
    this.cursor = line
    this.refold()
    this.viewport.jump(line)
  }

  /** Unfolds a line and brings it on screen, unless the view has left the end of the log, where it started. */
  openAt(line: number): void {
    const { log, viewport } = this
    if (!viewport.following.on) return
    this.#toShow = line
    log.sections.reveal(line)
    const folding = this.refold()
    const isNearEnd = log.counted && folding.rowCount - folding.rowOf(line) < viewport.fitting * NEAR_END
    if (!isNearEnd) viewport.jump(line, NEAR_END)
  }

  toTop(): void {
    this.cursor = null
    this.viewport.jump(1, 0)
  }

  toEnd(): void {
    this.cursor = null
    this.viewport.toEnd()
  }

  /** Moves the cursor by rows; the first time, it starts at the top of the viewport. */
  step(rows: number): void {
    const { folding } = this.viewport
    if (folding.rowCount === 0) return
    const at = this.cursor
    const row = folding.rowOf(at ?? this.viewport.topLine)
    this.cursor = folding.lineAt(at === null ? row : row + rows)
    this.viewport.reveal(this.cursor)
    this.redraw()
  }

  /** The line from which "next" and "previous" start. */
  get here(): number {
    return this.cursor ?? this.viewport.topLine
  }

  /** What counts as an error: words, and in a log of a failed job also colour. */
  get errors(): readonly Severity[] {
    return this.failed ? ['error', 'red'] : ['error']
  }

  /** Returns what a line reports, as far as it matters for this job. */
  severityOf(line: Line): Severity | null {
    const severity = this.log.bySeverity.severityOf(line)
    return severity === 'red' && this.failed ? 'error' : severity
  }

  countOf(severities: readonly Severity[]): number {
    return severities.reduce((sum, severity) => sum + this.log.bySeverity.of(severity).count, 0)
  }

  /** Goes to the next or previous line of these severities, and from the last one to the first. */
  stepTo(severities: readonly Severity[], direction: 1 | -1): boolean {
    const lists = severities.map((severity) => this.log.bySeverity.of(severity))
    const after = (line: number) => least(lists.map((list) => list.after(line)))
    const before = (line: number) => most(lists.map((list) => list.before(line)))
    const line =
      direction === 1
        ? (after(this.cursor ?? this.viewport.topLine - 1) ?? after(0))
        : (before(this.here) ?? before(this.log.lineCount + 1))
    if (line === undefined) return false
    this.goTo(line)
    return true
  }

  /** Goes to the next or previous error; when there is none, to what is merely red. */
  stepToError(direction: 1 | -1): boolean {
    return this.stepTo(this.errors, direction) || this.stepTo(['red'], direction)
  }

  async stepToMatch(direction: 1 | -1): Promise<void> {
    const { search } = this
    const at = search.current ?? { line: this.here, start: -1 }
    const match = direction === 1 ? await search.next(at) : await search.previous(at)
    if (match) this.#goToMatch(match.line)
  }

  /** Scrolls to the current match, which may be far inside its line. Called when `rows` are drawn. */
  bringMatch(rows: Element): void {
    const match = this.#isToBring ? rows.querySelector('.log-match-current') : null
    if (!match) return
    this.#isToBring = false
    this.viewport.bring(match)
  }

  #goToMatch(line: number): void {
    this.goTo(line)
    this.#isToBring = true
  }

  /** Searches, and goes to the first match after the current line. */
  async find(query: Query | null): Promise<void> {
    const { topLine } = this.viewport
    if (!(await this.search.search(query)) || this.search.count.lines === 0) return
    const match = await this.search.next({ line: topLine, start: -1 })
    if (match) this.#goToMatch(match.line)
  }

  fold(section: Section, folded = !this.log.sections.isFolded(section)): void {
    this.#toShow = null
    const { following } = this.viewport
    if (!following.on || this.log.complete) this.viewport.hold(section.startLine)
    this.log.sections.fold(section, folded)
    if (this.cursor !== null) this.cursor = section.startLine
    this.redraw()
  }

  foldAll(folded: boolean): void {
    this.#toShow = null
    const { following, topLine } = this.viewport
    if (!following.on || this.log.complete) this.viewport.hold(this.log.sections.around(topLine)?.startLine ?? topLine)
    this.log.sections.foldAll(folded)
    this.redraw()
  }

  /** Folds or unfolds the section of the cursor's line. */
  foldHere(): void {
    const section = this.log.sections.around(this.here)
    if (section) this.fold(section)
  }

  /** Marks a line. @param extend - marks everything between it and the line marked first. */
  mark(line: number, extend: boolean): LineRange {
    if (!extend || this.marked === null) this.#markedFrom = line
    this.marked = rangeOf(this.#markedFrom, line)
    this.cursor = line
    this.redraw()
    return this.marked
  }

  unmark(): void {
    this.marked = null
    this.redraw()
  }

  /** Goes to the lines that a link points at, unless they were marked here. */
  show(range: LineRange | null): void {
    const { marked } = this
    if (range?.first === marked?.first && range?.last === marked?.last) return
    this.marked = range
    this.#markedFrom = range?.first ?? 0
    if (range) this.goTo(range.first)
    else this.redraw()
  }

  /** Returns the text of lines, without colours and section markers. */
  async textOf({ first, last }: LineRange, signal: AbortSignal): Promise<string> {
    const lines = await this.log.read(first, Math.min(last, first + MOST_COPIED - 1), signal)
    return lines.map((line) => `${plainText(line)}\n`).join('')
  }

  stop(): void {
    this.log.stop()
    this.#matcher.close()
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
  }
}

const least = (lines: readonly (number | undefined)[]): number | undefined =>
  lines.reduce(
    (found, line) => (line !== undefined && line < (found ?? Number.POSITIVE_INFINITY) ? line : found),
    undefined,
  )
const most = (lines: readonly (number | undefined)[]): number | undefined =>
  lines.reduce((found, line) => (line !== undefined && line > (found ?? 0) ? line : found), undefined)
