import { RE2JS } from 're2js'

/** Most instructions of a compiled expression: nested counts can make a short one grow without bounds. */
const MOST_INSTRUCTIONS = 4_096
/** Work done without a pause: instructions times characters. Some ten milliseconds. */
const STEPS_AT_ONCE = 1_048_576
/** Longer lines are searched in parts that overlap by this many characters. */
const OVERLAP = 1_024
/** All the work for one log: some seconds, with pauses, in which usual expressions search the last 100 MB. */
const MOST_STEPS = 500_000_000
/** How much less work a test is than a match: it runs on the fast engine, which few expressions are too much for. */
const TEST_SHARE = 0.25

const DIGIT = /\d/
const NUMBER = /\d+(?:\.\d+)?/

/** Looks for the number that the keyword `coverage` means, line by line, and counts its work. */
export class CoverageSearch {
  readonly #compiled: RE2JS
  readonly #size: number
  readonly #longest: number
  readonly #most: number
  #steps = 0

  private constructor(compiled: RE2JS, size: number, most: number) {
    this.#compiled = compiled
    this.#size = size
    this.#most = most
    this.#longest = Math.max(4 * OVERLAP, Math.floor(STEPS_AT_ONCE / size))
  }

  /**
   * @param pattern - in RE2's syntax, without slashes.
   * @param most - the work for one log: instructions times characters.
   * @returns null when the pattern is invalid or too large.
   */
  static of(pattern: string, most = MOST_STEPS): CoverageSearch | null {
    try {
      const compiled = RE2JS.compile(pattern)
      const size = compiled.programSize()
      return size > MOST_INSTRUCTIONS ? null : new CoverageSearch(compiled, size, most)
    } catch {
      return null
    }
  }

  /** Whether the work for one log is used up. */
  get isOver(): boolean {
    return this.#steps > this.#most
  }

  /**
   * Returns the first number in the last match of a line; of a match with groups, in its last group that took part.
   * Null when nothing matches, or when the last match has no number. Pauses every ten milliseconds or so.
   */
  *numberIn(line: string): Generator<void, number | null> {
    if (!DIGIT.test(line)) return null
    for (let end = line.length; end > 0; end -= this.#longest - OVERLAP) {
      const part = line.length <= this.#longest ? line : line.slice(Math.max(0, end - this.#longest), end)
      const found = yield* this.#lastIn(part)
      if (found !== null) return firstNumber(found)
      if (end <= this.#longest || this.isOver) return null
      yield
    }
    return null
  }

  *#lastIn(text: string): Generator<void, string | null> {
    this.#count(text.length * TEST_SHARE)
    // Most lines fail the test.
    if (!this.#compiled.test(text)) return null
    const matcher = this.#compiled.matcher(text)
    let last: string | null = null
    let at = 0
    while (!this.isOver && matcher.find()) {
      this.#count(text.length - at)
      at = matcher.end()
      // An empty match, such as `\d*` has at the end of every line, says nothing.
      if (at > matcher.start()) last = lastGroup(matcher)
      yield
    }
    return last
  }

  #count(characters: number): void {
    this.#steps += characters * this.#size
  }
}

function lastGroup(matcher: ReturnType<RE2JS['matcher']>): string {
  for (let group = matcher.groupCount(); group > 0; group--) {
    const text = matcher.group(group)
    if (text !== null) return text
  }
  return matcher.group() ?? ''
}

function firstNumber(text: string): number | null {
  const found = NUMBER.exec(text)
  const number = found ? Number(found[0]) : Number.NaN
  return Number.isFinite(number) ? number : null
}
