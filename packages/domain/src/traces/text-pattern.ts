import { RE2JS } from 're2js'
import type { PatternInvalid } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'

/** A match in a line's plain text, in UTF-16 units. */
export interface TextMatch {
  readonly start: number
  readonly end: number
}

export interface TextPattern {
  /** At most `most` matches, in order and apart. */
  find(text: string, most: number): TextMatch[]
  /** Whether there is one: for a regular expression much faster than to say where. */
  test(text: string): boolean
}

export interface PatternChoice {
  readonly query: string
  readonly regex: boolean
  readonly caseSensitive: boolean
}

/** Instructions of a compiled pattern: with nested counts a short one can grow without bounds. */
const MOST_INSTRUCTIONS = 4_096
/** Steps a pattern may take before the clock is looked at: instructions times characters. */
const STEPS_AT_ONCE = 4_194_304
/** Parts of a line too long for that overlap by this much, so that shorter matches are found over the seams. */
const OVERLAP = 1_024
/** Of a line that takes longer than this, what is found by then counts: matches one after the other may cost the square. */
const LINE_MS = 100

/**
 * What finds matches in single lines. Regular expressions have RE2's syntax: no back references and no look-around, and
 * in return time that grows with the text only, whatever the pattern. `^` and `$` are the line's ends.
 */
export function compilePattern({ query, regex, caseSensitive }: PatternChoice): Result<TextPattern, PatternInvalid> {
  if (!regex) return ok(literal(query, caseSensitive))
  try {
    const compiled = RE2JS.compile(query, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE)
    const size = compiled.programSize()
    if (size > MOST_INSTRUCTIONS) return err({ kind: 'pattern_invalid', reason: 'the pattern is too large' })
    return ok(regular(compiled, Math.max(2 * OVERLAP, Math.floor(STEPS_AT_ONCE / size))))
  } catch (error) {
    return err({ kind: 'pattern_invalid', reason: error instanceof Error ? error.message : String(error) })
  }
}

function literal(query: string, caseSensitive: boolean): TextPattern {
  // Nothing in it repeats, so the engine that can backtrack has nothing to backtrack into.
  const escaped = query.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const all = new RegExp(escaped, caseSensitive ? 'gu' : 'giu')
  return {
    find: (text, most) => {
      const matches: TextMatch[] = []
      all.lastIndex = 0
      for (let found = all.exec(text); found && matches.length < most; found = all.exec(text))
        matches.push({ start: found.index, end: found.index + found[0].length })
      return matches
    },
    test: (text) => {
      all.lastIndex = 0
      return all.test(text)
    },
  }
}

function regular(compiled: RE2JS, longest: number): TextPattern {
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
