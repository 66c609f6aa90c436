import { MOST_MATCHES_PER_LINE, type TextMatch, type TextPattern } from '@yardmaster/trace-format'
import { regularPattern } from '@yardmaster/trace-format/regular-pattern'

/** The lines to search, with their numbers. */
export interface LinesToMatch {
  readonly query: string
  readonly caseSensitive: boolean
  readonly lines: readonly (readonly [number: number, text: string])[]
}

/** The lines that there was time for, in the same order. */
export type LineMatches = readonly (readonly [number: number, matches: readonly TextMatch[]])[]

/** Lines not searched by then are requested again if they are still on screen. */
const WORK_MS = 50

let last: { readonly key: string; readonly pattern: TextPattern } | null = null

function patternOf({ query, caseSensitive }: LinesToMatch): TextPattern | null {
  const key = `${caseSensitive} ${query}`
  if (last?.key === key) return last.pattern
  const pattern = regularPattern(query, caseSensitive)
  if ('problem' in pattern) return null
  last = { key, pattern }
  return pattern
}

addEventListener('message', ({ data }: MessageEvent<LinesToMatch>) => {
  const until = performance.now() + WORK_MS
  const pattern = patternOf(data)
  const found: [number, readonly TextMatch[]][] = []
  for (const [number, text] of data.lines) {
    found.push([number, pattern?.find(text, MOST_MATCHES_PER_LINE) ?? []])
    if (performance.now() > until) break
  }
  postMessage(found satisfies LineMatches)
})
