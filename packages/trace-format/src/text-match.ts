/** A match in a line's plain text, in UTF-16 units. */
export interface TextMatch {
  readonly start: number
  readonly end: number
}

/** Finds matches in single lines. */
export interface TextPattern {
  /** Returns at most `most` matches, in order and without overlap. */
  find(text: string, most: number): TextMatch[]
  /** Returns whether there is a match; for regular expressions much faster than `find`. */
  test(text: string): boolean
  /** As `find`, with a pause after every few milliseconds of work. */
  findInSteps(text: string, most: number): Generator<void, TextMatch[]>
  /** The length of text that is searched in one step. */
  readonly stepLength: number
}

/** The most matches per line that are listed or marked. */
export const MOST_MATCHES_PER_LINE = 100

/**
 * Most character comparisons in one step: in the worst case the words match at every place of the text up to their end.
 */
const COMPARISONS_AT_ONCE = 1_048_576

/** Finds words literally, in either case unless `caseSensitive`. */
export function literalPattern(query: string, caseSensitive: boolean): TextPattern {
  // Nothing in the expression repeats, so the backtracking engine has nothing to backtrack into.
  const escaped = query.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const all = new RegExp(escaped, caseSensitive ? 'gu' : 'giu')
  // A letter may be one unit in one case and two in the other.
  const longestMatch = 2 * query.length
  const stepLength = Math.max(2 * longestMatch, Math.floor(COMPARISONS_AT_ONCE / query.length))

  function* findInSteps(text: string, most: number): Generator<void, TextMatch[]> {
    const matches: TextMatch[] = []
    for (let from = 0; ; yield) {
      const to = text.length - from <= stepLength ? text.length : characterStart(text, from + stepLength)
      const part = from === 0 && to === text.length ? text : text.slice(from, to)
      all.lastIndex = 0
      for (let found = all.exec(part); found && matches.length < most; found = all.exec(part)) {
        const start = from + found.index
        matches.push({ start, end: start + found[0].length })
      }
      if (to === text.length || matches.length >= most) return matches
      from = Math.max(matches.at(-1)?.end ?? 0, characterStart(text, to - longestMatch))
    }
  }
  return {
    find: (text, most) => toEnd(findInSteps(text, most)),
    test: (text) => {
      all.lastIndex = 0
      return all.test(text)
    },
    findInSteps,
    stepLength,
  }
}

/** Returns the first unit of a surrogate pair. */
const characterStart = (text: string, at: number): number =>
  isBetween(text.charCodeAt(at), 0xdc00, 0xdfff) && isBetween(text.charCodeAt(at - 1), 0xd800, 0xdbff) ? at - 1 : at

const isBetween = (code: number, first: number, last: number): boolean => code >= first && code <= last

/** Runs steps to their end without pauses. */
export function toEnd<Result>(steps: Iterator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
