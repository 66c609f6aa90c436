import { type Line, linesOf } from '@yardmaster/trace-format'
import type { TraceLines, TraceOutline } from '../../lib/api.ts'

/** An addition to a log. */
export interface TraceStep {
  /** Offset of the first byte. */
  readonly from: number
  readonly bytes: number
  readonly text: string
  /** Size of the stored log after it, in bytes. */
  readonly size: number
  /** Whether the log ends here. */
  readonly complete: boolean
}

/** The part of the admin API that provides logs. */
export interface LogApi {
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

/** Returns the lines of an answer. */
export const linesIn = ({ window, complete, size }: Pick<TraceLines, 'window' | 'complete' | 'size'>): Line[] =>
  window ? linesOf(window, complete && window.to === size) : []
