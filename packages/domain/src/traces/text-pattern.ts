import { RE2JS } from 're2js'
import type { PatternInvalid } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'

/** A match in a line's plain text, in UTF-16 units. */
export interface TextMatch {
  readonly start: number
  readonly end: number
}

/** At most `most` matches, in order and apart. */
export type TextPattern = (text: string, most: number) => TextMatch[]

export interface PatternChoice {
  readonly query: string
  readonly regex: boolean
  readonly caseSensitive: boolean
}

/** Instructions of a compiled pattern: with nested counts a short one can grow without bounds. */
const MOST_INSTRUCTIONS = 4_096
/** Steps a pattern may take before the clock is looked at: instructions times characters. */
const STEPS_AT_ONCE = 16_777_216
/** Parts of a line too long for that overlap by this much, so that shorter matches are found over the seams. */
const OVERLAP = 1_024

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
  if (query === '') return () => []
  if (caseSensitive) {
    return (text, most) => {
      const matches: TextMatch[] = []
      for (
        let at = text.indexOf(query);
        at !== -1 && matches.length < most;
        at = text.indexOf(query, at + query.length)
      )
        matches.push({ start: at, end: at + query.length })
      return matches
    }
  }
  // Nothing in it repeats, so the engine that can backtrack has nothing to backtrack into.
  const escaped = new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu')
  return (text, most) => {
    const matches: TextMatch[] = []
    escaped.lastIndex = 0
    for (let found = escaped.exec(text); found && matches.length < most; found = escaped.exec(text))
      matches.push({ start: found.index, end: found.index + found[0].length })
    return matches
  }
}

function regular(compiled: RE2JS, longest: number): TextPattern {
  return (text, most) => {
    const matches: TextMatch[] = []
    for (let from = 0; ; from += longest - OVERLAP) {
      const part = text.length <= longest ? text : text.slice(from, from + longest)
      // The test alone runs on the fast engine, and most lines fail it.
      if (compiled.test(part)) collect(compiled, part, from, most, matches)
      if (from + longest >= text.length || matches.length >= most) return matches
    }
  }
}

function collect(compiled: RE2JS, part: string, from: number, most: number, matches: TextMatch[]): void {
  const matcher = compiled.matcher(part)
  let empty: TextMatch | null = null
  while (matches.length < most && matcher.find()) {
    const match = { start: from + matcher.start(), end: from + matcher.end() }
    if (match.end === match.start) empty ??= match
    else if (match.start >= (matches.at(-1)?.end ?? 0)) matches.push(match)
  }
  // `^$` finds empty lines; of `x*`, which is everywhere, only what shows something counts.
  if (empty && matches.length === 0 && from === 0) matches.push(empty)
}
