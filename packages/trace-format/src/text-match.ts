/** A match in a line's plain text, in UTF-16 units. */
export interface TextMatch {
  readonly start: number
  readonly end: number
}

/** What finds matches in single lines. */
export interface TextPattern {
  /** At most `most` matches, in order and apart. */
  find(text: string, most: number): TextMatch[]
  /** Whether there is one: for a regular expression much faster than to say where. */
  test(text: string): boolean
}

/** Of a line no more are listed or marked. */
export const MOST_MATCHES_PER_LINE = 100

/** Finds words as they are written, of either case unless `caseSensitive`. */
export function literalPattern(query: string, caseSensitive: boolean): TextPattern {
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
