import {
  changeLines,
  isErrorLine,
  type Line,
  type LineChange,
  type StoredLines,
  TraceParser,
} from '@yardmaster/trace-format'
import type { TraceStep } from './log-source.ts'

/** Lines that are finished, and how lines that were before, or these, went on. */
export interface News {
  readonly lines: readonly Line[]
  readonly changes: readonly LineChange[]
}

/** A log's last lines as they come: pieces by offset, in order, each byte once. */
export class Tail {
  readonly #parser: TraceParser
  /** Offset of the next byte. */
  at: number
  /** Lines that may still change. */
  unfinished: readonly Line[]
  /** Number of the last line there is. */
  lastLine: number

  /** @param at - offset after the last byte of the window. */
  constructor(window: Pick<StoredLines, 'state' | 'text' | 'changes'>, at: number, take: (lines: Line[]) => void) {
    this.#parser = new TraceParser(window.state)
    this.at = at
    this.unfinished = []
    this.lastLine = window.state.line - 1
    const { lines, changes } = this.push(window.text)
    const known = new Map(window.changes.map(({ number, stored }) => [number, stored]))
    const before = changes.filter(({ number, stored }) => stored < (known.get(number) ?? Number.POSITIVE_INFINITY))
    take(changeLines(lines, [...before, ...window.changes]))
    this.look()
  }

  /** @returns what it brings; null if what is before it did not come. */
  take({ from, bytes, text, complete }: TraceStep): News | null {
    if (from > this.at) return null
    const news: News[] = []
    // What begins before was sent again after a broken connection.
    if (from === this.at) {
      news.push(this.push(text))
      this.at += bytes
    }
    if (complete) news.push(this.end())
    return { lines: news.flatMap(({ lines }) => lines), changes: news.flatMap(({ changes }) => changes) }
  }

  push(text: string): News {
    const lines = this.#parser.push(text)
    this.lastLine = lines.at(-1)?.number ?? this.lastLine
    return { lines, changes: this.#parser.changes }
  }

  /** Looks at what is unfinished; costs as much as that is long, so it is asked for once a frame. */
  look(): void {
    this.unfinished = this.#parser.unfinished().lines
    this.#count()
  }

  /** The log ends here. */
  end(): News {
    const lines = this.#parser.end()
    this.lastLine = lines.at(-1)?.number ?? this.lastLine
    this.unfinished = []
    return { lines, changes: this.#parser.changes }
  }

  /** Number of the last line that won't change. */
  get wholeLines(): number {
    const first = this.unfinished[0]
    return first ? first.number - 1 : this.lastLine
  }

  get(line: number): Line | undefined {
    const first = this.unfinished[0]
    return first && this.unfinished[line - first.number]
  }

  #count(): void {
    this.lastLine = this.unfinished.at(-1)?.number ?? this.lastLine
  }
}

/** Numbers of error-coloured lines, ascending. */
export class ErrorLines {
  #lines: number[] = []
  /** How many there are; more than are listed in an enormous log. */
  count = 0

  get list(): readonly number[] {
    return this.#lines
  }

  /** What the server found in the first `upTo` lines; what came after them stays. */
  learn({ lines, count, upTo }: { lines: readonly number[]; count: number; upTo: number }): void {
    const later = this.#lines.filter((line) => line > upTo)
    this.#lines = [...lines, ...later]
    this.count = count + later.length
  }

  follow(line: Line): void {
    if (line.number <= (this.#lines.at(-1) ?? 0) || !isErrorLine(line)) return
    this.#lines.push(line.number)
    this.count += 1
  }

  /** A line went on. */
  change(change: LineChange): void {
    const at = this.#lines.indexOf(change.number)
    if (isErrorLine(change)) {
      if (at !== -1) return
      const next = this.#lines.findIndex((line) => line > change.number)
      this.#lines.splice(next === -1 ? this.#lines.length : next, 0, change.number)
      this.count += 1
    } else if (change.clears && at !== -1) {
      this.#lines.splice(at, 1)
      this.count -= 1
    }
  }

  after(line: number): number | undefined {
    return this.#lines.find((error) => error > line)
  }

  before(line: number): number | undefined {
    return this.#lines.findLast((error) => error < line)
  }

  clear(): void {
    this.#lines = []
    this.count = 0
  }
}
