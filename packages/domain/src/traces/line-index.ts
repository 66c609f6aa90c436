import {
  byLine,
  type Line,
  type LineChange,
  PREFIX_LENGTH,
  prefixAt,
  type Severity,
  START,
  TraceParser,
  type TraceState,
} from '@yardmaster/trace-format'
import { FarChanges } from './far-changes.ts'
import { LastLines } from './last-lines.ts'
import { LineNumbers } from './line-numbers.ts'

/** The start of a line from which the log can be read; `state.line` is its number. */
export interface Checkpoint {
  /** In bytes, from the log's start. */
  readonly offset: number
  readonly state: TraceState
}

/** A section as the outline shows it. */
export interface LogSection {
  readonly name: string
  /** The header's text without colours; at most 200 characters. */
  readonly header: string
  readonly options: Readonly<Record<string, string>>
  /** The number of sections around it. */
  readonly depth: number
  /** The number of the header's line. */
  readonly startLine: number
  /** The last line that folding hides; null while the section is open. */
  readonly endLine: number | null
  /** Whether `endLine` has no text and only ends sections, so that it need not be shown. */
  readonly footer: boolean
  /** Seconds since 1970. */
  readonly startedAt: number
  /** Null while it is open, and when the same section began again before it ended. */
  readonly endedAt: number | null
}

/** The facts about a log's first `bytes` bytes. Contains no text except headers and far continuations. */
export interface LineIndex {
  readonly bytes: number
  /** The number of lines known to be finished; of a finished log, all of them. */
  readonly lines: number
  /** Whether lines carry time stamps; null before the first one. */
  readonly stamped: boolean | null
  /** Whether the cursor went back to lines: without time stamps, only then lines change. */
  readonly redrawn: boolean
  /** The first time stamp, by the runner's clock: `2024-05-14T11:43:19.997683Z`. Null without stamps. */
  readonly firstStamp: string | null
  /** Ordered by offset, the first at the log's start. */
  readonly checkpoints: readonly Checkpoint[]
  /**
   * Continuations far behind their line, joined to one change for each line: everything from the stored line that it
   * names on. Nearer continuations lie between the line's checkpoint and the one after next. The key is the line's
   * number.
   */
  readonly changes: ReadonlyMap<number, LineChange>
  /** Ordered by `startLine`, at most `MOST_SECTIONS`. */
  readonly sections: readonly LogSection[]
  readonly sectionCount: number
  /** Numbers of lines whose words report an error, ascending, the first `MOST_NUMBERS`. */
  readonly errorLines: readonly number[]
  readonly errorLineCount: number
  /** The same for warnings. */
  readonly warningLines: readonly number[]
  readonly warningLineCount: number
  /** The same for lines that are red, and whose words report neither. */
  readonly redLines: readonly number[]
  readonly redLineCount: number
}

export const MOST_SECTIONS = 5_000
const MOST_CHECKPOINTS = 4_096
/** The limit for all checkpoints together, so that a log of many streams has fewer checkpoints. */
const MOST_STREAM_STATES = 32_768
/** Bytes processed between two chances for the caller to pause: about half a millisecond. */
const STEP_BYTES = 65_536
/** When lines change more often than this in one step, the next one is shorter. */
const MANY_CHANGES = 1_000
const LF = 0x0a

/**
 * Builds the index of a log by parsing it. Each byte is parsed as one character: everything that ends lines or changes
 * state is ASCII, and no byte of a longer UTF-8 character is, so offsets are byte offsets.
 */
export class LineIndexer implements LineIndex {
  readonly #parser = new TraceParser(START, { bytes: true })
  /** The beginning of the log, as far as it may be a prefix. */
  #start = ''
  #firstStamp: string | null = null
  #redrawn = false
  #bytes = 0
  #lines = 0
  #spacing = STEP_BYTES / 2
  #checkpoints: Checkpoint[] = [{ offset: 0, state: START }]
  readonly #sections: LogSection[] = []
  #sectionCount = 0
  /** The positions of open sections in `#sections`. */
  readonly #open = new Map<string, number>()
  #streamStates = 0
  readonly #changes = new FarChanges()
  readonly #lastLines = new LastLines()
  readonly #bySeverity: Readonly<Record<Severity, LineNumbers>> = {
    error: new LineNumbers(),
    warning: new LineNumbers(),
    red: new LineNumbers(),
  }

  get bytes(): number {
    return this.#bytes
  }
  get lines(): number {
    return this.#lines
  }
  get stamped(): boolean | null {
    return this.#parser.stamped
  }
  get redrawn(): boolean {
    return this.#redrawn
  }
  get firstStamp(): string | null {
    return this.#firstStamp
  }
  get checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints
  }
  get changes(): ReadonlyMap<number, LineChange> {
    return this.#changes.byLine
  }
  get sections(): readonly LogSection[] {
    return this.#sections
  }
  get sectionCount(): number {
    return this.#sectionCount
  }
  get errorLines(): readonly number[] {
    return this.#bySeverity.error.list
  }
  get errorLineCount(): number {
    return this.#bySeverity.error.count
  }
  get warningLines(): readonly number[] {
    return this.#bySeverity.warning.list
  }
  get warningLineCount(): number {
    return this.#bySeverity.warning.count
  }
  get redLines(): readonly number[] {
    return this.#bySeverity.red.list
  }
  get redLineCount(): number {
    return this.#bySeverity.red.count
  }

  /**
   * Returns the number of lines begun and not finished: the log's last one, and with time stamps perhaps the one
   * before.
   */
  unfinishedLines(): number {
    return this.#parser.unfinished().lines.length
  }

  /** Takes the log's next bytes in steps, so that the caller may pause in between. */
  *push(bytes: Uint8Array): Generator<void> {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#noteStart(view)
    for (let at = 0; at < view.length; ) {
      const step = this.#parser.changes.length > MANY_CHANGES ? STEP_BYTES / 8 : STEP_BYTES
      let to = Math.min(view.length, at + step)
      if (this.#bytes - this.#parser.place.offset > STEP_BYTES) {
        // A very long line must be followed by a checkpoint; otherwise every line behind it would be as slow to reach.
        const end = view.indexOf(LF, at)
        if (end !== -1 && end < to) to = end + 1
      }
      this.#note(this.#parser.push(view.toString('latin1', at, to)))
      this.#noteChanges(this.#parser.changes)
      this.#bytes += to - at
      at = to
      this.#setCheckpoint()
      yield
    }
  }

  /** Ends the log. */
  finish(): void {
    this.#note(this.#parser.end())
    this.#noteChanges(this.#parser.changes)
  }

  #noteStart(view: Buffer): void {
    if (this.#start.length === PREFIX_LENGTH) return
    this.#start += view.toString('latin1', 0, PREFIX_LENGTH - this.#start.length)
    const prefix = prefixAt(this.#start, 0)
    if (prefix !== null && prefix !== 'unfinished') this.#firstStamp = prefix.stamp.time
  }

  #setCheckpoint(): void {
    const last = this.#checkpoints.at(-1)
    if (!last || this.#parser.place.offset - last.offset < this.#spacing) return
    const next = this.#parser.save()
    this.#checkpoints.push(next)
    this.#streamStates += weightOf(next)
    while (this.#checkpoints.length > MOST_CHECKPOINTS || this.#streamStates > MOST_STREAM_STATES) {
      this.#checkpoints = this.#checkpoints.filter((_, index) => index % 2 === 0)
      this.#streamStates = this.#checkpoints.reduce((sum, checkpoint) => sum + weightOf(checkpoint), 0)
      this.#spacing *= 2
    }
  }

  #note(lines: readonly Line[]): void {
    for (const line of lines) {
      this.#lines = line.number
      const severity = this.#lastLines.take(line)
      if (severity) this.#bySeverity[severity].add(line.number)
      for (const { name, endedAt } of line.ends) {
        const footer = line.section === null && line.spans.length === 0
        this.#close(name, { endLine: footer ? line.number : line.number - 1, footer, endedAt })
      }
      if (line.section) this.#openSection(line, line.section)
    }
  }

  #noteChanges(changes: readonly LineChange[]): void {
    for (const change of byLine(changes).values()) {
      this.#redrawn ||= change.stamp === null || change.overlay !== null
      const { severity, before = this.#severityOf(change.number), header } = this.#lastLines.change(change)
      if (severity !== before) {
        if (before) this.#bySeverity[before].remove(change.number)
        if (severity) this.#bySeverity[severity].add(change.number)
      }
      if (header !== null) this.#renameSection(change.number, header)
      // A continuation of a line in the last two stretches is near: a reader of the line reaches it.
      if (segmentOf(this.#checkpoints, change.number) < this.#checkpoints.length - 1) this.#changes.add(change)
    }
    this.#lastLines.settle()
  }

  /** Returns what a line reports, as far as it is listed. */
  #severityOf(line: number): Severity | null {
    for (const severity of ['error', 'warning', 'red'] as const) {
      if (this.#bySeverity[severity].has(line)) return severity
    }
    return null
  }

  #renameSection(startLine: number, header: string): void {
    const at = this.#sections.findLastIndex((section) => section.startLine === startLine)
    const section = this.#sections[at]
    if (section) this.#sections[at] = { ...section, header }
  }

  #openSection(line: Line, { name, startedAt, options }: NonNullable<Line['section']>): void {
    this.#sectionCount += 1
    if (this.#sections.length >= MOST_SECTIONS) return
    this.#open.set(name, this.#sections.length)
    this.#sections.push({
      name,
      header: this.#lastLines.headerOf(line),
      // Copied: a substring keeps the whole string in memory, here a chunk of log.
      options: JSON.parse(JSON.stringify(options)) as Record<string, string>,
      depth: line.depth,
      startLine: line.number,
      endLine: null,
      footer: false,
      startedAt,
      endedAt: null,
    })
  }

  #close(name: string, end: { endLine: number; footer: boolean; endedAt: number | null }): void {
    const at = this.#open.get(name)
    const section = at === undefined ? undefined : this.#sections[at]
    if (at === undefined || !section) return
    this.#open.delete(name)
    this.#sections[at] = { ...section, ...end, endLine: Math.max(section.startLine, end.endLine) }
  }
}

/** Returns how much a checkpoint counts towards the limit. */
const weightOf = ({ state }: Checkpoint): number =>
  state.streams.reduce(
    (sum, { marker, sequence, style, rows }) =>
      sum +
      1 +
      ((marker?.length ?? 0) + (sequence?.parameters.length ?? 0) + (style.link?.length ?? 0) + 16 * rows.length) / 64,
    ((state.style.link?.length ?? 0) + (state.within?.marker?.length ?? 0) + 16 * (state.cursor?.rows.length ?? 0)) /
      64,
  )

/** Returns the last checkpoint at or before a line. */
export function checkpointFor({ checkpoints }: Pick<LineIndex, 'checkpoints'>, line: number): Checkpoint {
  return checkpoints[segmentOf(checkpoints, line)] ?? { offset: 0, state: START }
}

/** Returns the index of the last checkpoint at or before a line. */
export function segmentOf(checkpoints: readonly Checkpoint[], line: number): number {
  let low = 0
  for (let high = checkpoints.length; high - low > 1; ) {
    const middle = (low + high) >> 1
    if ((checkpoints[middle]?.state.line ?? 0) <= line) low = middle
    else high = middle
  }
  return low
}

/**
 * Returns the offset up to which one has to read in order to reach all near continuations of a line; infinite while
 * that is the end of the index.
 */
export const nearEnd = (checkpoints: readonly Checkpoint[], line: number): number =>
  checkpoints[segmentOf(checkpoints, line) + 2]?.offset ?? Number.POSITIVE_INFINITY
