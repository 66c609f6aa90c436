import { findLinks, type Line, type Style } from '@yardmaster/trace-format'

/** A match in a line's plain text, in UTF-16 units. */
export interface Found {
  readonly start: number
  readonly end: number
  /** Whether it is the current match. */
  readonly current: boolean
}

/** A run of a line that looks the same from end to end. */
export interface Piece {
  readonly start: number
  readonly text: string
  readonly style: Style
  readonly url: string | null
  readonly found: 'match' | 'current' | null
}

/** Characters of a line in which addresses are linked; longer lines are not prose. */
const MOST_LINKED = 20_000

/** Splits a line's first `most` characters wherever style, address or match change. */
export function piecesOf(line: Line, found: readonly Found[], most: number): Piece[] {
  const whole = line.spans.map(({ text }) => text).join('')
  const text = whole.slice(0, clipAt(whole, most))
  const links = findLinks(text.slice(0, MOST_LINKED)).filter(({ end }) => end < MOST_LINKED || end === text.length)
  const cuts = new Set<number>()
  for (const { start, end } of [...links, ...found]) cuts.add(start).add(end)
  const edges = [...cuts].sort((a, b) => a - b)
  const pieces: Piece[] = []
  let edge = 0
  let at = 0
  for (const { text: run, style } of line.spans) {
    const end = Math.min(at + run.length, text.length)
    while (at < end) {
      while ((edges[edge] ?? Number.POSITIVE_INFINITY) <= at) edge += 1
      const to = Math.min(end, edges[edge] ?? end)
      const link = links.find(({ start, end }) => start <= at && at < end)
      const match = found.find(({ start, end }) => start <= at && at < end)
      pieces.push({
        start: at,
        text: text.slice(at, to),
        style,
        url: style.link ?? link?.url ?? null,
        found: match ? (match.current ? 'current' : 'match') : null,
      })
      at = to
    }
    if (at >= text.length) break
  }
  return pieces
}

/** Returns where to cut a text without splitting a surrogate pair. */
function clipAt(text: string, most: number): number {
  if (text.length <= most) return text.length
  const last = text.charCodeAt(most - 1)
  return last >= 0xd800 && last <= 0xdbff ? most - 1 : most
}
