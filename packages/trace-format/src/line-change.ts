import type { Line, Span, Stamp } from './line.ts'
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
 * How a line that was already returned continued. With time stamps, each stream has one line that may still be
 * continued, whatever other streams wrote since (`docs/protocol/trace.md 10`). The line keeps its number, its section
 * and the sections that ended at it.
 */
export interface LineChange {
  readonly number: number
  /** Index of the stored line that brought it, counted from 0 at the log's start; of joined changes, the first. */
  readonly stored: number
  /** The last UTF-16 units of the line that were the beginning of a section marker, and are removed. */
  readonly drops: number
  /** A carriage return cleared the whole line; `drops` is then ignored. */
  readonly clears: boolean
  /** Text to append. */
  readonly spans: readonly Span[]
  /** The stamp of the continuation. */
  readonly stamp: Stamp
  readonly cut: boolean
}

/** Returns the line after a change. */
export function changeLine(line: Line, { drops, clears, spans, stamp, cut }: LineChange): Line {
  const kept = clears ? [] : withoutTail(line.spans, drops).spans
  const joined = joinSpans(kept, spans)
  return { ...line, spans: joined.spans, stamp, cut: (line.cut && !clears) || cut || joined.cut }
}

/** Joins two successive changes of one line. */
export function joinChanges(first: LineChange, next: LineChange): LineChange {
  const { stored, number } = first
  if (next.clears) return { ...next, stored, number }
  const rest = withoutTail(first.spans, next.drops)
  const joined = joinSpans(rest.spans, next.spans)
  return {
    number,
    stored,
    drops: first.drops + rest.missing,
    clears: first.clears,
    spans: joined.spans,
    stamp: next.stamp,
    cut: first.cut || next.cut || joined.cut,
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
  const joined = new Map<number, LineChange>()
  for (const change of changes) {
    const before = joined.get(change.number)
    joined.set(change.number, before ? joinChanges(before, change) : change)
  }
  return joined
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
