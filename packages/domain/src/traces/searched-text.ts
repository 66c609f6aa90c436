import {
  type Line,
  MOST_PLAIN_BYTES,
  plainLines,
  plainText,
  TraceParser,
  type TraceState,
} from '@yardmaster/trace-format'
import type { Ports } from '../ports.ts'
import type { Slices } from '../slices.ts'
import { checkpointFor, type LineIndex } from './line-index.ts'
import { readTrace } from './read-trace.ts'

const STEP_BYTES = 65_536

/** Plain text of lines that follow each other. */
export interface TextStretch {
  readonly firstLine: number
  /** The lines, joined by `\n`. */
  readonly text: string
}

/**
 * The plain text of a log from a line on (and of a few lines before it): as far as the index got from checkpoint to
 * checkpoint, most of it without the parser, and from there on as the parser finds it.
 */
export async function* textFrom(
  ports: Pick<Ports, 'traces' | 'objects'>,
  jobId: number,
  { index, fromLine, size, slices }: { index: LineIndex; fromLine: number; size: number; slices: Slices },
): AsyncGenerator<TextStretch> {
  const start = checkpointFor(index, fromLine)
  // The index may grow meanwhile: a checkpoint that comes where the parser is already would be a step back.
  const checkpoints = index.checkpoints.slice()
  let next = checkpoints.indexOf(start) + 1
  let stretch = new Stretch(start.state)
  let at = start.offset
  for await (const { bytes } of readTrace(ports, jobId, { from: at, to: size })) {
    for (let taken = 0; taken < bytes.length; ) {
      if (slices.due) await slices.next()
      const border = checkpoints[next]
      const part = bytes.subarray(taken, taken + Math.min(STEP_BYTES, (border?.offset ?? size) - at))
      taken += part.length
      at += part.length
      if (!border) yield* stretch.parse(part)
      else {
        yield* stretch.take(part)
        if (at < border.offset) continue
        yield* stretch.end()
        stretch = new Stretch(border.state)
        next += 1
      }
    }
  }
  yield* stretch.end()
}

/** What lies between two checkpoints, or behind the last one. */
class Stretch {
  readonly #state: TraceState
  #parser: TraceParser | null = null
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(state: TraceState) {
    this.#state = state
  }

  /** Kept until the end is known, unless it gets too long for that. */
  *take(part: Uint8Array): Generator<TextStretch> {
    if (this.#parser || this.#bytes + part.length > MOST_PLAIN_BYTES) {
      yield* this.parse(part)
      return
    }
    this.#parts.push(part)
    this.#bytes += part.length
  }

  *parse(part: Uint8Array): Generator<TextStretch> {
    const parser = this.#parser ?? new TraceParser(this.#state)
    this.#parser = parser
    for (const kept of this.#parts.splice(0)) yield* joined(parser.push(kept))
    yield* joined(parser.push(part))
  }

  *end(): Generator<TextStretch> {
    const { line, stamped } = this.#state
    if (!this.#parser && this.#bytes > 0) {
      const stored = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(this.#parts))
      const text = stamped === null ? null : plainLines(stored, stamped)
      if (text !== null) {
        yield { firstLine: line, text }
        return
      }
      yield* this.parse(new Uint8Array())
    }
    if (this.#parser) yield* joined(this.#parser.end())
  }
}

function* joined(lines: readonly Line[]): Generator<TextStretch> {
  const [first] = lines
  if (first) yield { firstLine: first.number, text: lines.map(plainText).join('\n') }
}
