import {
  isPlainStart,
  type Line,
  MOST_PLAIN_BYTES,
  plainLines,
  plainText,
  TraceParser,
  type TraceState,
} from '@yardmaster/trace-format'
import type { Ports } from '../ports.ts'
import type { Slices } from '../slices.ts'
import { ChangedText, type TextStep, type TextStretch } from './changed-text.ts'
import { type LineIndex, segmentOf } from './line-index.ts'
import { readTrace } from './read-trace.ts'

/** Parsed without a pause. Moves of the cursor take several times as long as text. */
const STEP_BYTES = 16_384

interface Searched {
  readonly index: Pick<LineIndex, 'checkpoints' | 'changes' | 'stamped' | 'redrawn'>
  readonly fromLine: number
  /** With time stamps, at most what is indexed: continuations after that are unknown. */
  readonly size: number
  readonly slices: Slices
}

/**
 * Yields the plain text of a log from a line on (and of a few lines before it). The indexed part is read from
 * checkpoint to checkpoint, mostly without the parser; the rest is parsed.
 */
export async function* textFrom(
  ports: Pick<Ports, 'traces' | 'objects'>,
  jobId: number,
  { index, fromLine, size, slices }: Searched,
): AsyncGenerator<TextStretch> {
  const first = segmentOf(index.checkpoints, fromLine)
  // The index may grow meanwhile: a checkpoint added behind the parser's position would be a step back.
  const [start, ...borders] = index.checkpoints.slice(first)
  if (!start) return
  let next = 0
  let stretch = new Stretch(start.state)
  let at = start.offset
  const whole = new ChangedText(index.stamped === false && !index.redrawn ? null : index.changes)
  for await (const { bytes } of readTrace(ports, jobId, { from: at, to: size })) {
    for (let taken = 0; taken < bytes.length; ) {
      if (slices.due) await slices.next()
      const border = borders[next]
      const part = bytes.subarray(taken, taken + Math.min(STEP_BYTES, (border?.offset ?? size) - at))
      taken += part.length
      at += part.length
      if (!border) yield* whole.take(stretch.parse(part))
      else {
        yield* whole.take(stretch.take(part))
        if (at < border.offset) continue
        yield* whole.take(stretch.end())
        yield* whole.turn()
        stretch = new Stretch(border.state)
        next += 1
      }
    }
  }
  yield* whole.take(stretch.end())
  yield* whole.end()
}

/** The part between two checkpoints, or after the last one. */
class Stretch {
  readonly #state: TraceState
  #parser: TraceParser | null = null
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(state: TraceState) {
    this.#state = state
  }

  /** Kept until the end is known, unless it becomes too long for that. */
  *take(part: Uint8Array): Generator<TextStep> {
    if (this.#parser || this.#bytes + part.length > MOST_PLAIN_BYTES) {
      yield* this.parse(part)
      return
    }
    this.#parts.push(part)
    this.#bytes += part.length
  }

  *parse(part: Uint8Array): Generator<TextStep> {
    const parser = this.#parser ?? new TraceParser(this.#state)
    this.#parser = parser
    for (const kept of [...this.#parts.splice(0), part]) yield* joined(parser.push(kept), parser)
  }

  *end(): Generator<TextStep> {
    const { line, stamped } = this.#state
    if (!this.#parser && this.#bytes > 0) {
      const stored = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(this.#parts))
      const text = stamped === null || !isPlainStart(this.#state) ? null : plainLines(stored, stamped)
      if (text !== null) {
        yield { stretch: { firstLine: line, text }, changes: [] }
        return
      }
      yield* this.parse(new Uint8Array())
    }
    if (this.#parser) yield* joined(this.#parser.end(), this.#parser)
  }
}

function* joined(lines: readonly Line[], { changes }: TraceParser): Generator<TextStep> {
  const [first] = lines
  const stretch = first ? { firstLine: first.number, text: lines.map(plainText).join('\n') } : null
  if (stretch || changes.length > 0) yield { stretch, changes }
}
