import { joinChanges, type LineChange, type Span } from '@yardmaster/trace-format'
import { utf8 } from './latin1.ts'

/** Bytes of text kept for a whole log, and for one line. */
const MOST_TEXT = 2_097_152
const MOST_LINE = 262_144
const MOST_SPANS = 1_024

/**
 * How lines went on so far behind their first piece that who reads them does not come by it. Text beyond bounds is left
 * out, and the line says so; the lines themselves are few, as each took a whole stretch between two checkpoints.
 */
export class FarChanges {
  readonly #byLine = new Map<number, LineChange>()
  #text = 0

  get byLine(): ReadonlyMap<number, LineChange> {
    return this.#byLine
  }

  /** @param change - of bytes taken for one character each. */
  add({ number, stored, drops, clears, spans, stamp, cut }: LineChange): void {
    const change = { number, stored, drops, clears, spans: spans.map(copied), stamp: { ...stamp }, cut }
    const before = this.#byLine.get(number)
    const after = before ? joinChanges(before, change) : change
    const length = textLength(after)
    const room = Math.min(MOST_LINE, MOST_TEXT - this.#text + textLength(before))
    const fits = length <= room && after.spans.length <= MOST_SPANS
    const kept = fits ? after : { ...after, spans: shortened(after.spans, room), cut: true }
    this.#text += textLength(kept) - textLength(before)
    this.#byLine.set(number, kept)
  }
}

// Copied: parts of a string keep the whole of it in memory, here a chunk of log.
const copied = ({ text, style }: Span): Span => ({ text: utf8(text), style })

const textLength = (change: LineChange | undefined): number =>
  change?.spans.reduce((sum, { text }) => sum + text.length, 0) ?? 0

function shortened(spans: readonly Span[], room: number): Span[] {
  const kept: Span[] = []
  let left = room
  for (const { text, style } of spans.slice(0, MOST_SPANS)) {
    if (left <= 0) break
    kept.push({ text: text.slice(0, left), style })
    left -= text.length
  }
  return kept
}
