import { type Line, literalPattern, MOST_MATCHES_PER_LINE, plainText, type TextMatch } from '@yardmaster/trace-format'
import type { Match } from './match-steps.ts'
import type { Matcher } from './matcher.ts'
import type { Found } from './pieces.ts'
import type { Query } from './query.ts'

const NONE: readonly Found[] = []
/** Lines: more than fit on any screen, with some scrolling to and fro. */
const MOST_REMEMBERED = 2_000
/** UTF-16 units of remembered text. */
const MOST_TEXT = 8_000_000

interface Remembered {
  readonly text: string
  readonly matches: readonly TextMatch[]
}

/** Marks every match of a search in the lines on screen, wherever the user has scrolled. */
export class Highlights {
  readonly #matcher: Matcher
  readonly #changed: () => void
  #query: Query | null = null
  #find: ((text: string) => readonly TextMatch[]) | null = null
  #current: Match | null = null
  #found = new WeakMap<Line, readonly Found[]>()
  // For regular expressions only.
  #known = new Map<number, Remembered>()
  #knownText = 0
  #wanted = new Map<number, string>()
  #asking = false

  /** @param changed - called when the marks of drawn lines have changed. */
  constructor(matcher: Matcher, changed: () => void) {
    this.#matcher = matcher
    this.#changed = changed
  }

  /** Starts marking another search, or none when `query` is null. */
  mark(query: Query | null): void {
    this.#matcher.stop()
    this.#query = query
    this.#current = null
    this.#found = new WeakMap()
    this.#forget()
    this.#wanted.clear()
    this.#find = null
    if (!query || query.regex) return
    const words = literalPattern(query.text, query.caseSensitive)
    this.#find = (text) => words.find(text, MOST_MATCHES_PER_LINE)
  }

  /** Makes this the current match. */
  step(match: Match | null): void {
    this.#current = match
    this.#found = new WeakMap()
  }

  /** Returns what to mark in a line. Matches of a regular expression may come a moment later. */
  of(line: Line): readonly Found[] {
    if (!this.#query) return NONE
    const drawn = this.#found.get(line)
    if (drawn) return drawn
    const text = plainText(line)
    const known = this.#known.get(line.number)
    const matches = this.#find ? this.#find(text) : known?.text === text ? known.matches : null
    const current = this.#current?.line === line.number ? this.#current : null
    if (matches) {
      const found = foundIn(matches, current)
      this.#found.set(line, found)
      return found
    }
    this.#want(line.number, text)
    // Until the answer comes, a line that grows keeps its marks, and the current match is known anyway.
    if (known && text.startsWith(known.text)) return foundIn(known.matches, current)
    return current ? foundIn([current], current) : NONE
  }

  #want(number: number, text: string): void {
    this.#wanted.set(number, text)
    if (this.#asking) return
    this.#asking = true
    // Collects all lines of this frame into one request.
    queueMicrotask(() => void this.#ask())
  }

  async #ask(): Promise<void> {
    const query = this.#query
    const wanted = [...this.#wanted]
    this.#wanted.clear()
    if (!query || wanted.length === 0) {
      this.#asking = false
      return
    }
    const answer = await this.#matcher.match({ query: query.text, caseSensitive: query.caseSensitive, lines: wanted })
    this.#asking = false
    if (this.#query !== query || !answer) return
    const texts = new Map(wanted)
    for (const [number, matches] of answer) this.#remember(number, { text: texts.get(number) ?? '', matches })
    // Lines that were requested meanwhile and are still on screen are requested again by the next drawing.
    this.#wanted.clear()
    this.#changed()
  }

  #remember(number: number, known: Remembered): void {
    if (this.#known.size >= MOST_REMEMBERED || this.#knownText > MOST_TEXT) this.#forget()
    this.#known.set(number, known)
    this.#knownText += known.text.length
  }

  #forget(): void {
    this.#known.clear()
    this.#knownText = 0
  }
}

const foundIn = (matches: readonly TextMatch[], current: TextMatch | null): readonly Found[] =>
  matches.length === 0 ? NONE : matches.map(({ start, end }) => ({ start, end, current: start === current?.start }))
