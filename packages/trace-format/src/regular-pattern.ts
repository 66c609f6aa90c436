import { RE2JS } from 're2js'
import type { TextMatch, TextPattern } from './text-match.ts'

/** Instructions of a compiled pattern: with nested counts a short one can grow without bounds. */
const MOST_INSTRUCTIONS = 4_096
/** Steps a pattern may take before the clock is looked at: instructions times characters. */
const STEPS_AT_ONCE = 4_194_304
/** Parts of a line too long for that overlap by this much, so that shorter matches are found over the seams. */
const OVERLAP = 1_024
/** Of a line that takes longer than this, what is found by then counts: matches one after the other may cost the square. */
const LINE_MS = 100

/**
 * Regular expressions with RE2's syntax: no back references and no look-around, and in return time that grows with the
 * text only, whatever the pattern. `^` and `$` are the line's ends.
 *
 * @returns what is wrong with it, if it is none.
 */
export function regularPattern(query: string, caseSensitive: boolean): TextPattern | { readonly problem: string } {
  try {
    const compiled = RE2JS.compile(query, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE)
    const size = compiled.programSize()
    if (size > MOST_INSTRUCTIONS) return { problem: 'the pattern is too large' }
    return searching(compiled, Math.max(2 * OVERLAP, Math.floor(STEPS_AT_ONCE / size)))
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

function searching(compiled: RE2JS, longest: number): TextPattern {
  /** The parts of a line in which to look, as far as time allows. */
  function* parts(text: string): Generator<{ part: string; from: number; until: number }> {
    const until = performance.now() + LINE_MS
    for (let from = 0; ; from += longest - OVERLAP) {
      yield { part: text.length <= longest ? text : text.slice(from, from + longest), from, until }
      if (from + longest >= text.length || performance.now() > until) return
    }
  }
  return {
    find: (text, most) => {
      const matches: TextMatch[] = []
      // The test alone runs on the fast engine, and most lines fail it.
      for (const { part, from, until } of parts(text)) {
        if (compiled.test(part)) collect(compiled.matcher(part), { from, most, until }, matches)
        if (matches.length >= most) break
      }
      return matches
    },
    test: (text) =>
      text.length <= longest ? compiled.test(text) : parts(text).some(({ part }) => compiled.test(part)),
  }
}

function collect(
  matcher: ReturnType<RE2JS['matcher']>,
  { from, most, until }: { from: number; most: number; until: number },
  matches: TextMatch[],
): void {
  let empty: TextMatch | null = null
  while (matches.length < most && matcher.find()) {
    const match = { start: from + matcher.start(), end: from + matcher.end() }
    if (match.end === match.start) empty ??= match
    else if (match.start >= (matches.at(-1)?.end ?? 0)) matches.push(match)
    if (performance.now() > until) break
  }
  // `^$` finds empty lines; of `x*`, which is everywhere, only what shows something counts.
  if (empty && matches.length === 0 && from === 0) matches.push(empty)
}
