import { type Line, TraceParser } from '@yardmaster/trace-format'
import type { TraceLines, TraceOutline } from '../../api.ts'

/** What is new in a log. */
export interface TraceStep {
  /** Offset of the first byte. */
  readonly from: number
  readonly bytes: number
  readonly text: string
  /** Bytes stored then. */
  readonly size: number
  /** Nothing follows. */
  readonly complete: boolean
}

/** The part of the admin API that logs come from. */
export interface TraceApi {
  lines(
    place: ({ from: number } | { around: number } | { last: true }) & { limit: number },
    signal: AbortSignal,
  ): Promise<TraceLines>
  outline(signal: AbortSignal): Promise<TraceOutline>
  watch(
    from: number,
    on: { step(step: TraceStep): void; state(state: 'open' | 'broken'): void; lost(): void },
  ): () => void
}

/** The lines of a window. */
export function linesIn(window: NonNullable<TraceLines['window']>): Line[] {
  const parser = new TraceParser(window.state)
  const lines = parser.push(window.text)
  // The last one may be waiting to be continued, and the very last one of a log has no line break.
  for (const line of parser.unfinished()) if (lines.length < window.lines) lines.push(line)
  return lines
}
