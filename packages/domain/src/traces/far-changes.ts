import { joinChanges, type LineChange, type Span } from '@yardmaster/trace-format'
import { utf8 } from './latin1.ts'

/** Limits for a whole log and for one line, in characters; each change of style counts as `SPAN_SIZE`, and as its link. */
const MOST_SIZE = 2_097_152
const MOST_LINE_SIZE = 262_144
const SPAN_SIZE = 64

/**
 * The continuations that come so far behind their line that a reader of the line does not reach them. Text beyond the
 * limits is left out, and the line is marked as cut. There are few such lines, because each of them spans at least a
 * whole stretch between two checkpoints.
 */
export class FarChanges {
  readonly #byLine = new Map<number, LineChange>()
  readonly #sizes = new Map<number, number>()
  #size = 0

  get byLine(): ReadonlyMap<number, LineChange> {
    return this.#byLine
  }

  /** @param change - its text has one character per byte. */
  add({ number, stored, drops, clears, spans, stamp, cut }: LineChange): void {
    const before = clears ? undefined : this.#byLine.get(number)
    const first = this.#byLine.get(number)?.stored ?? stored
    this.#resize(number, before ? (this.#sizes.get(number) ?? 0) : 0)
    const room = Math.min(MOST_LINE_SIZE - (this.#sizes.get(number) ?? 0), MOST_SIZE - this.#size)
    const added = fitting(spans, room)
    const change = { number, stored: first, drops, clears, stamp: { ...stamp }, ...added, cut: cut || added.cut }
    this.#byLine.set(number, before ? joinChanges(before, change) : change)
    this.#resize(number, (this.#sizes.get(number) ?? 0) + added.size)
  }

  #resize(line: number, size: number): void {
    this.#size += size - (this.#sizes.get(line) ?? 0)
    this.#sizes.set(line, size)
  }
}

function fitting(spans: readonly Span[], room: number): { spans: Span[]; size: number; cut: boolean } {
  const kept: Span[] = []
  let size = 0
  for (const { text, style } of spans) {
    const look = SPAN_SIZE + (style.link?.length ?? 0)
    const most = room - size - look
    if (most <= 0) return { spans: kept, size, cut: true }
    kept.push(copied({ text: text.slice(0, most), style }))
    size += look + Math.min(most, text.length)
    if (text.length > most) return { spans: kept, size, cut: true }
  }
  return { spans: kept, size, cut: false }
}

// Copied: a substring keeps the whole string in memory, here a chunk of log.
const copied = ({ text, style }: Span): Span => ({ text: utf8(text), style })
