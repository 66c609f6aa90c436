import { changeLines, type Line, type LineChange, type StoredLines, TraceParser } from '@yardmaster/trace-format'
import type { TraceStep } from './log-source.ts'

/** Finished lines, and changes of these or earlier lines. */
export interface News {
  readonly lines: readonly Line[]
  readonly changes: readonly LineChange[]
}

/** The last lines of a growing log. Text is taken by offset, in order, each byte once. */
export class Tail {
  readonly #parser: TraceParser
  /** Offset of the next byte. */
  at: number
  /** Lines that may still change. */
  unfinished: readonly Line[]
  /** Number of the last line. */
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

  /** Adds a step. @returns the lines and changes, or null when bytes before the step are missing. */
  take({ from, bytes, text, complete }: TraceStep): News | null {
    if (from > this.at) return null
    const news: News[] = []
    // A step that begins earlier was repeated after a broken connection.
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

  /** Parses the unfinished lines. Takes time in proportion to their length, so it is called once per frame. */
  look(): void {
    this.unfinished = this.#parser.unfinished().lines
    this.#count()
  }

  /** Ends the log. @returns the lines that were unfinished. */
  end(): News {
    const lines = this.#parser.end()
    this.lastLine = lines.at(-1)?.number ?? this.lastLine
    this.unfinished = []
    return { lines, changes: this.#parser.changes }
  }

  /** Number of the last line that won't change any more. */
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
