import type { Line, Span, Stamp } from './line.ts'
import { type Overlay, Row } from './row.ts'
import { type Style, sameStyle } from './style.ts'

/** Text of one line beyond this many UTF-16 units is dropped. */
export const MOST_LINE_TEXT = 2_097_152
/** Text after this many changes of style is dropped too. */
export const MOST_SPANS = 65_536

/** Text of one line loses its links after this many characters of addresses: each change of style repeats one. */
const MOST_LINKED = 4_096

/** Returns the style of text that comes after so many characters of addresses in its line. */
export function linkedStyle(style: Style, linked: number): Style {
  if (style.link === undefined || linked + style.link.length <= MOST_LINKED) return style
  const { link: _, ...rest } = style
  return rest
}

/**
 * How a line that was already returned continued: in a stored line that goes on (`docs/protocol/trace.md 10`), or
 * because the cursor went back to it (`docs/protocol/trace.md 11`). The line keeps its number, its section and the
 * sections that ended at it.
 */
export interface LineChange {
  readonly number: number
  /**
   * The number of stored lines and changes before it, from the log's start on; of joined changes, of the first. What is
   * behind a change has a greater one.
   */
  readonly stored: number
  /** The last UTF-16 units of the line that were the beginning of a section marker, and are removed. */
  readonly drops: number
  /** A carriage return cleared the whole line; `drops` is then ignored. */
  readonly clears: boolean
  /** Text to append. */
  readonly spans: readonly Span[]
  /** What was then written at columns; null when the cursor was not moved in the line. */
  readonly overlay: Overlay | null
  /** The stamp of the continuation. */
  readonly stamp: Stamp | null
  readonly cut: boolean
}

/** Returns the line after a change. */
export function changeLine(line: Line, { drops, clears, spans, overlay, stamp, cut }: LineChange): Line {
  const kept = clears ? [] : withoutTail(line.spans, drops).spans
  const joined = joinSpans(kept, spans)
  const all = { ...line, spans: joined.spans, stamp, cut: (line.cut && !clears) || cut || joined.cut }
  if (overlay === null) return all
  const row = Row.of(all.spans)
  row.lay(overlay)
  return { ...all, spans: row.spans(), cut: all.cut || row.cut }
}

/** Joins two successive changes of one line. */
export function joinChanges(first: LineChange, next: LineChange): LineChange {
  const joined = new JoinedChange(first)
  joined.take(next)
  return joined.change
}

/** Successive changes of one line. */
class JoinedChange {
  #rest: Omit<LineChange, 'overlay'>
  #row: Row | null = null

  constructor({ overlay, ...rest }: LineChange) {
    this.#rest = rest
    this.#lay(overlay)
  }

  get change(): LineChange {
    return { ...this.#rest, overlay: this.#row?.overlay() ?? null, cut: this.#rest.cut || this.#row?.cut === true }
  }

  take({ overlay, ...next }: LineChange): void {
    const { stored, number } = this.#rest
    if (next.clears) {
      this.#rest = { ...next, stored, number }
      this.#row = null
    } else this.#append(next)
    this.#lay(overlay)
  }

  #append({ drops, spans, stamp, cut }: Omit<LineChange, 'overlay'>): void {
    const first = this.#rest
    // Once the cursor was moved in a line, nothing is appended to it.
    if (drops === 0 && spans.length === 0) {
      this.#rest = { ...first, stamp, cut: first.cut || cut }
      return
    }
    const rest = withoutTail(first.spans, drops)
    const joined = joinSpans(rest.spans, spans)
    const all = { drops: first.drops + rest.missing, spans: joined.spans, stamp, cut: first.cut || cut || joined.cut }
    this.#rest = { ...first, ...all }
  }

  #lay(overlay: Overlay | null): void {
    if (overlay === null) return
    this.#row ??= new Row(false)
    this.#row.lay(overlay)
  }
}

/**
 * Returns lines in their final form: applies each change, in order, to the line of its number. Changes of other lines
 * are ignored.
 */
export function changeLines(lines: readonly Line[], changes: Iterable<LineChange>): Line[] {
  const changed = [...lines]
  const first = lines[0]?.number ?? 0
  for (const [number, change] of byLine(changes)) {
    const line = changed[number - first]
    if (line) changed[number - first] = changeLine(line, change)
  }
  return changed
}

/** Joins the changes of each line. */
export function byLine(changes: Iterable<LineChange>): Map<number, LineChange> {
  const joined = new Map<number, LineChange | JoinedChange>()
  for (const change of changes) {
    const before = joined.get(change.number)
    if (before instanceof JoinedChange) before.take(change)
    else if (before) {
      const both = new JoinedChange(before)
      both.take(change)
      joined.set(change.number, both)
    } else joined.set(change.number, change)
  }
  return new Map(
    Array.from(joined, ([number, change]) => [number, change instanceof JoinedChange ? change.change : change]),
  )
}

function withoutTail(spans: readonly Span[], units: number): { spans: readonly Span[]; missing: number } {
  let missing = units
  if (missing === 0) return { spans, missing }
  const rest = [...spans]
  for (let last = rest.pop(); last; last = rest.pop()) {
    if (last.text.length > missing) {
      rest.push({ ...last, text: last.text.slice(0, last.text.length - missing) })
      return { spans: rest, missing: 0 }
    }
    missing -= last.text.length
    if (missing === 0) break
  }
  return { spans: rest, missing }
}

function joinSpans(before: readonly Span[], added: readonly Span[]): { spans: readonly Span[]; cut: boolean } {
  if (before.length === 0) return { spans: added, cut: false }
  const spans = [...before]
  let room = MOST_LINE_TEXT - before.reduce((length, { text }) => length + text.length, 0)
  let linked = before.reduce((length, span) => length + (span.style.link?.length ?? 0), 0)
  for (const { text, style: given } of added) {
    const last = spans.at(-1)
    const style = last && sameStyle(last.style, given) ? given : linkedStyle(given, linked)
    const goesOn = last !== undefined && sameStyle(last.style, style)
    if (room <= 0 || (!goesOn && spans.length >= MOST_SPANS)) return { spans, cut: true }
    const kept = text.slice(0, room)
    room -= text.length
    if (goesOn) spans[spans.length - 1] = { style, text: last.text + kept }
    else {
      spans.push({ style, text: kept })
      linked += style.link?.length ?? 0
    }
  }
  return { spans, cut: room < 0 }
}
