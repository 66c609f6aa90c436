import { isErrorLine, type Line, type LineChange, plainText, streamOf } from '@yardmaster/trace-format'
import { utf8 } from './latin1.ts'

const HEADER_CHARACTERS = 200

interface LastLine {
  readonly isError: boolean
  /** The text of a section's header, as far as it is shown; null for other lines. */
  readonly header: string | null
}

/** The lines that may still continue, as an index needs them: the last one of each of at most 512 streams. */
export class LastLines {
  readonly #lines = new Map<number, LastLine>()
  readonly #byStream = new Map<string, number>()
  /** Lines that are no longer the last ones, but may have continued before that. */
  #over: number[] = []

  take(line: Line, isError: boolean): void {
    if (!line.stamp) return
    const stream = streamOf(line.stamp)
    const before = this.#byStream.get(stream)
    if (before !== undefined) this.#over.push(before)
    this.#byStream.set(stream, line.number)
    this.#lines.set(line.number, { isError, header: line.section ? beginning(line) : null })
  }

  /** Applies a continuation of a line. @returns the line's facts after it. */
  change(change: LineChange): { isError: boolean; wasError: boolean; header: string | null } {
    const { isError: wasError, header: before } = this.#lines.get(change.number) ?? { isError: false, header: null }
    const isError = isErrorLine(change) || (wasError && !change.clears)
    const kept = change.clears || before === null ? '' : before.slice(0, Math.max(0, before.length - change.drops))
    const header = before === null ? null : clipped(kept + plainText(change))
    this.#lines.set(change.number, { isError, header })
    return { isError, wasError, header: header === null ? null : shown(header) }
  }

  /** Call when all continuations of the lines so far were applied. */
  settle(): void {
    for (const line of this.#over) this.#lines.delete(line)
    this.#over = []
  }

  headerOf(line: Line): string {
    return shown(beginning(line))
  }
}

const beginning = (line: Line): string => clipped(plainText(line))
// Copied: a substring keeps the whole string in memory, here a chunk of log.
const clipped = (text: string): string => Buffer.from(text.slice(0, HEADER_CHARACTERS * 4), 'latin1').toString('latin1')
const shown = (latin1: string): string => Array.from(utf8(latin1).trim()).slice(0, HEADER_CHARACTERS).join('')
