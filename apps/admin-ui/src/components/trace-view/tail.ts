import { isErrorLine, type Line, TraceParser, type TraceState } from '@yardmaster/trace-format'
import type { TraceStep } from './trace-source.ts'

/** A log's last lines as they come: pieces by offset, in order, each byte once. */
export class Tail {
  readonly #parser: TraceParser
  /** Offset of the next byte. */
  at: number
  /** Lines that may still change. */
  unfinished: readonly Line[]
  /** Number of the last line there is. */
  lastLine: number

  /** @param at - offset after the last byte of `text`. */
  constructor({ state, text, at }: { state: TraceState; text: string; at: number }, take: (lines: Line[]) => void) {
    this.#parser = new TraceParser(state)
    this.at = at
    this.unfinished = []
    this.lastLine = state.line - 1
    take(this.push(text))
    this.look()
  }

  /** @returns the lines finished by it; null if what is before it did not come. */
  take({ from, bytes, text, complete }: TraceStep): Line[] | null {
    if (from > this.at) return null
    const lines: Line[] = []
    // What begins before was sent again after a broken connection.
    if (from === this.at) {
      lines.push(...this.push(text))
      this.at += bytes
    }
    if (complete) lines.push(...this.end())
    return lines
  }

  /** @returns the lines finished by it. */
  push(text: string): Line[] {
    const lines = this.#parser.push(text)
    this.lastLine = lines.at(-1)?.number ?? this.lastLine
    return lines
  }

  /** Looks at what is unfinished; costs as much as that is long, so it is asked for once a frame. */
  look(): void {
    this.unfinished = this.#parser.unfinished()
    this.#count()
  }

  /** The log ends here. */
  end(): Line[] {
    const lines = this.#parser.end()
    this.lastLine = lines.at(-1)?.number ?? this.lastLine
    this.unfinished = []
    return lines
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
