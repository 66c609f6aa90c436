import { RE2JS } from 're2js'

/** `/pattern/flags`. Like the reference's own check it looks at each line, so one line of a text may be the pattern. */
const LITERAL = /^\/(.*)\/([ismU]*)$/m

/** A regular expression of RE2: no lookaround and no back-references, so that it takes linear time. */
export class RegularExpression {
  readonly #compiled: RE2JS

  private constructor(compiled: RE2JS) {
    this.#compiled = compiled
  }

  /** Returns the expression of a text like `/pattern/i`; null when the text is no such literal, or is not valid. */
  static parseLiteral(text: string): RegularExpression | null {
    const found = LITERAL.exec(text)
    if (found === null) return null
    const [, pattern = '', flags = ''] = found
    return RegularExpression.parse(flags === '' ? pattern : `(?${flags})${pattern}`)
  }

  /** Returns the expression of a bare pattern; null when it is not valid. */
  static parse(pattern: string): RegularExpression | null {
    const known = compiledPatterns.get(pattern)
    if (known !== undefined) return known
    const expression = compile(pattern)
    if (compiledPatterns.size >= REMEMBERED) compiledPatterns.clear()
    compiledPatterns.set(pattern, expression && new RegularExpression(expression))
    return compiledPatterns.get(pattern) ?? null
  }

  /** Whether it is found anywhere in the text. */
  isFoundIn(text: string): boolean {
    return this.#compiled.matcher(text).find()
  }
}

/** Whether a text has the form `/pattern/flags`, valid or not. */
export const isRegularExpressionLiteral = (text: string): boolean => LITERAL.test(text)

/** One configuration asks for the same few patterns in each of its jobs. */
const REMEMBERED = 500
const compiledPatterns = new Map<string, RegularExpression | null>()

function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern)
  } catch {
    return null
  }
}
