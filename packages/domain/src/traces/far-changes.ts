import { joinChanges, type LineChange, type Overlay, type Span } from '@yardmaster/trace-format'
import { utf8 } from './latin1.ts'

/** Limits for a whole log and for one line, in characters; each change of style counts as `SPAN_SIZE`, and as its link. */
const MOST_SIZE = 2_097_152
const MOST_LINE_SIZE = 262_144
const SPAN_SIZE = 64
/** Most characters that are kept of what was written at columns; a screen is not wider. */
const MOST_OVERLAY = 1_024

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

  /** @param change - its appended text has one character per byte. */
  add({ number, stored, drops, clears, spans, overlay, stamp, cut }: LineChange): void {
    const before = clears ? undefined : this.#byLine.get(number)
    const first = this.#byLine.get(number)?.stored ?? stored
    this.#resize(number, before ? (this.#sizes.get(number) ?? 0) : 0)
    const room = Math.min(MOST_LINE_SIZE - (this.#sizes.get(number) ?? 0), MOST_SIZE - this.#size)
    const added = fitting(spans, room)
    const written = overlay && fittingOverlay(overlay, room - added.size)
    const change = {
      ...{ number, stored: first, drops, clears, stamp: stamp && { ...stamp }, spans: added.spans },
      ...{ overlay: written?.overlay ?? null, cut: cut || added.cut || written?.cut === true },
    }
    this.#byLine.set(number, before ? joinChanges(before, change) : change)
    this.#resize(number, (this.#sizes.get(number) ?? 0) + added.size + (written?.size ?? 0))
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

/** What was written at columns is text already. */
function fittingOverlay({ erasedFrom, runs }: Overlay, room: number): { overlay: Overlay; size: number; cut: boolean } {
  let left = Math.min(room, MOST_OVERLAY)
  let size = 0
  const kept: Overlay['runs'][number][] = []
  for (const { column, spans } of runs) {
    const texts = spans.map(({ text, style }) => ({ text: JSON.parse(JSON.stringify(text)) as string, style }))
    const length = texts.reduce((sum, { text }) => sum + text.length, 0)
    if (length > left) return { overlay: { erasedFrom, runs: kept }, size, cut: true }
    left -= length
    size += length
    kept.push({ column, spans: texts })
  }
  return { overlay: { erasedFrom, runs: kept }, size, cut: false }
}

// Copied: a substring keeps the whole string in memory, here a chunk of log.
const copied = ({ text, style }: Span): Span => ({ text: utf8(text), style })
