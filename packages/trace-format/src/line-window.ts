import type { Line } from './line.ts'
import { changeLines, type LineChange } from './line-change.ts'
import { TraceParser } from './parser.ts'
import type { TraceState } from './state.ts'

/** Whole lines of a log, as stored text and the state to parse it from. */
export interface StoredLines {
  readonly text: string
  readonly state: TraceState
  /** Number of lines, including the unfinished last one. */
  readonly lines: number
  /** How lines continued after `text`. Each change covers everything from the stored line that it names on. */
  readonly changes: readonly LineChange[]
}

/**
 * Returns the lines of a window, in the form that the window's contents give them.
 *
 * @param isEnd - the log is complete and ends with the window.
 */
export function linesOf({ text, state, lines: count, changes }: StoredLines, isEnd: boolean): Line[] {
  const parser = new TraceParser(state)
  const lines = parser.push(text)
  const found = [...parser.changes]
  const rest = parser.unfinished()
  // The last line may still be continued, and the very last line of a log has no line break.
  for (const line of rest.lines) if (lines.length < count) lines.push(line)
  if (isEnd) found.push(...rest.changes)
  const from = new Map(changes.map(({ number, stored }) => [number, stored]))
  const before = found.filter(({ number, stored }) => stored < (from.get(number) ?? Number.POSITIVE_INFINITY))
  return changeLines(lines, [...before, ...changes])
}
