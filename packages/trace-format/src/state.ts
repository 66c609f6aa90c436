import type { Stamp } from './line.ts'
import type { StreamState } from './pen.ts'
import { PLAIN, type Style } from './style.ts'

export interface OpenSection {
  readonly name: string
  readonly startedAt: number
  readonly headerLine: number
}

/** What has to be known at a line's start to parse from there. Plain JSON. */
export interface TraceState {
  /** Number of the line that starts here. */
  readonly line: number
  /** How many stored lines ended before it. */
  readonly stored: number
  /** Whether lines carry time stamps; null: the log's first line, which decides it, has not been seen. */
  readonly stamped: boolean | null
  /** Of text without a time stamp. */
  readonly style: Style
  /** With time stamps, the streams that wrote before, at most 512. */
  readonly streams: readonly StreamState[]
  /** In the order they were opened. */
  readonly sections: readonly OpenSection[]
  /** Set if the line starts inside a stored line, after a soft end; with the stamp of that line. */
  readonly within: { readonly stamp: Stamp | null } | null
}

/** Where every log begins. */
export const START: TraceState = {
  line: 1,
  stored: 0,
  stamped: null,
  style: PLAIN,
  streams: [],
  sections: [],
  within: null,
}
