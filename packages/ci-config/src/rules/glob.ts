import { RE2JS } from 're2js'

/** Alternatives that the braces of one pattern may unfold to. */
const MAX_ALTERNATIVES = 1000

/**
 * A path pattern with the meaning of Ruby's `fnmatch`, with pathnames, dot files and braces: `*` and `?` stay inside a
 * directory, a double star reaches any depth only where a slash follows it.
 */
export class Glob {
  readonly #patterns: readonly RE2JS[]

  constructor(pattern: string) {
    this.#patterns = alternatives(pattern).map((alternative) => RE2JS.compile(`^(?s:${translate(alternative)})$`))
  }

  matches(path: string): boolean {
    return this.#patterns.some((pattern) => pattern.matcher(path).find())
  }
}

/** Unfolds `{a,b}`, also inside one another. A brace without its other half stands for itself. */
function alternatives(pattern: string): string[] {
  const done: string[] = []
  const open = [pattern]
  while (open.length > 0 && done.length + open.length <= MAX_ALTERNATIVES) {
    const next = open.shift() as string
    const braces = firstBraces(next)
    if (braces === null) done.push(next)
    else open.unshift(...braces.options.map((option) => next.slice(0, braces.start) + option + next.slice(braces.end)))
  }
  return done
}

interface Braces {
  readonly start: number
  readonly end: number
  readonly options: readonly string[]
}

function firstBraces(pattern: string): Braces | null {
  let start = -1
  let depth = 0
  let optionStart = 0
  let options: string[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]
    if (character === '\\') at += 1
    else if (character === '{') {
      if (depth === 0) {
        start = at
        optionStart = at + 1
        options = []
      }
      depth += 1
    } else if (depth > 0 && character === '}') {
      depth -= 1
      if (depth === 0) return { start, end: at + 1, options: [...options, pattern.slice(optionStart, at)] }
    } else if (depth === 1 && character === ',') {
      options.push(pattern.slice(optionStart, at))
      optionStart = at + 1
    }
  }
  return null
}

/** A set that no character is in. */
const NOTHING = '[^\\x{0}-\\x{10FFFF}]'

const quote = (text: string): string => RE2JS.quote(text)

function translate(pattern: string): string {
  let translated = ''
  let at = 0
  const isAtDirectory = () => at === 0 || pattern[at - 1] === '/'
  while (at < pattern.length) {
    const character = pattern[at] as string
    if (isAtDirectory() && pattern.startsWith('**/', at)) {
      translated += '(?:[^/]*/)*'
      while (pattern.startsWith('**/', at)) at += 3
    } else if (character === '*') {
      translated += '[^/]*'
      while (pattern[at] === '*') at += 1
    } else if (character === '?') {
      translated += '[^/]'
      at += 1
    } else if (character === '[') {
      const set = characterSet(pattern, at)
      // A set that is never closed matches nothing.
      if (set === null) return NOTHING
      translated += set.translated
      at = set.end
    } else {
      const isEscaped = character === '\\' && at + 1 < pattern.length
      translated += quote(isEscaped ? (pattern[at + 1] as string) : character)
      at += isEscaped ? 2 : 1
    }
  }
  return translated
}

/** `[a-z]`, `[!a]`, `[^a]`: one character, never a slash. */
function characterSet(pattern: string, start: number): { translated: string; end: number } | null {
  let at = start + 1
  const isNegated = pattern[at] === '!' || pattern[at] === '^'
  if (isNegated) at += 1
  let inside = ''
  while (at < pattern.length && pattern[at] !== ']') {
    const first = characterAt(pattern, at)
    at = first.end
    if (pattern[at] === '-' && at + 1 < pattern.length && pattern[at + 1] !== ']') {
      const last = characterAt(pattern, at + 1)
      at = last.end
      inside += range(first.character, last.character)
    } else if (first.character !== '/') {
      inside += escaped(first.character)
    }
  }
  if (at >= pattern.length) return null
  const end = at + 1
  if (isNegated) return { translated: `[^/${inside}]`, end }
  return { translated: inside === '' ? NOTHING : `[${inside}]`, end }
}

/** A range leaves out the slash that it may contain. */
function range(first: string, last: string): string {
  if (first > last) return ''
  if (first <= '/' && '/' <= last) return range(first, '.') + range('0', last)
  return `${escaped(first)}-${escaped(last)}`
}

function characterAt(pattern: string, at: number): { character: string; end: number } {
  const start = pattern[at] === '\\' && at + 1 < pattern.length ? at + 1 : at
  const character = String.fromCodePoint(pattern.codePointAt(start) ?? 0)
  return { character, end: start + character.length }
}

const escaped = (character: string): string => (/[\w]/.test(character) ? character : `\\x{${hex(character)}}`)
const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16)
