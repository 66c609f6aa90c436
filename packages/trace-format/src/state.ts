import type { Stamp } from './line.ts'
import type { StreamState } from './pen.ts'
import type { LineRange } from './screen.ts'
import { PLAIN, type Style } from './style.ts'

export interface OpenSection {
  readonly name: string
  readonly startedAt: number
  readonly headerLine: number
}

/** The part of a stored line before the soft end. */
export interface Within {
  /** The stamp of the stored line. */
  readonly stamp: Stamp | null
  /** The beginning of the section marker that ended the line before, if it stands in an earlier stored line. */
  readonly marker?: string
}

/** What a parser has to know to start at a line. Plain JSON. */
export interface TraceState {
  /** Number of the line that starts here. */
  readonly line: number
  /** The number of stored lines that ended before it. */
  readonly stored: number
  /** Whether lines carry time stamps; null when the log's first line, which decides it, has not been seen. */
  readonly stamped: boolean | null
  /** The style of text without a time stamp. */
  readonly style: Style
  /** Where the cursor of text without a time stamp is: absent when it is in the last row before the line. */
  readonly cursor?: { readonly line: number; readonly rows: readonly LineRange[] }
  /** With time stamps, the streams that have written so far, at most 512. */
  readonly streams: readonly StreamState[]
  /** In the order in which they were opened. */
  readonly sections: readonly OpenSection[]
  /** Set if the line starts inside a stored line, after a soft end. */
  readonly within: Within | null
}

/** The state at the start of every log. */
export const START: TraceState = {
  line: 1,
  stored: 0,
  stamped: null,
  style: PLAIN,
  streams: [],
  sections: [],
  within: null,
}

/** Returns whether every stream writes its next line below all others. */
export const isPlainStart = ({ cursor, streams }: TraceState): boolean =>
  [...(cursor ? [cursor] : []), ...streams].every(({ line, rows }) => line >= (rows.at(-1)?.last ?? 0))
