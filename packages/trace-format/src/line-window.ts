import type { Line } from './line.ts'
import { changeLines, type LineChange } from './line-change.ts'
import { TraceParser } from './parser.ts'
import type { TraceState } from './state.ts'

/** Whole lines of a log, as stored text with the state to parse it from. */
export interface StoredLines {
  readonly text: string
  readonly state: TraceState
  /** How many lines there are, the unfinished last one included. */
  readonly lines: number
  /** How lines went on behind `text`: each stands for all from the stored line that it names on. */
  readonly changes: readonly LineChange[]
}

/**
 * The lines of a window, in the form they have as far as the window knows.
 *
 * @param isEnd - the log is over, and ends with the window.
 */
export function linesOf({ text, state, lines: count, changes }: StoredLines, isEnd: boolean): Line[] {
  const parser = new TraceParser(state)
  const lines = parser.push(text)
  const found = [...parser.changes]
  const rest = parser.unfinished()
  // The last one may be waiting to be continued, and the very last one of a log has no line break.
  for (const line of rest.lines) if (lines.length < count) lines.push(line)
  if (isEnd) found.push(...rest.changes)
  const from = new Map(changes.map(({ number, stored }) => [number, stored]))
  const before = found.filter(({ number, stored }) => stored < (from.get(number) ?? Number.POSITIVE_INFINITY))
  return changeLines(lines, [...before, ...changes])
}
