/**
 * Returns whether text can be stored. Half a surrogate pair has no UTF-8 form; databases and environments can't hold
 * NUL.
 */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** Replaces what cannot be stored in a text. */
export const toStorable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')

/**
 * Marks, embeddings, overrides and isolates, which can make one text read like another; also the retired format
 * characters and interlinear annotations, which programs display differently.
 */
const DIRECTION = '\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u206F\\uFFF9-\\uFFFB'
const LINE_BREAK = '\\u2028\\u2029'

/** Tabs, line feeds and carriage returns are allowed in text of several lines. */
const UNFIT_IN_PROSE = new RegExp(`[${DIRECTION}]|(?![\\t\\n\\r])\\p{Cc}`, 'u')
const UNFIT_IN_LINE = new RegExp(`[${DIRECTION}${LINE_BREAK}\\p{Cc}]`, 'u')
const EVERY_UNFIT_IN_PROSE = new RegExp(UNFIT_IN_PROSE.source, 'gu')

/** Matches a visible character: not a blank, a joiner, a filler or a lone combining mark. */
const VISIBLE = /[^\p{Z}\p{C}\p{M}\p{Default_Ignorable_Code_Point}\u2800\s]/u

/**
 * What the functions below ask of a text, as regular expressions of ECMA-262 (with the flag `u`) for documents: a text has
 * to match each of them.
 */
export const TEXT_PATTERNS: readonly string[] = ['^[^\\u0000\\ud800-\\udfff]*$']
export const LINE_PATTERNS: readonly string[] = [
  VISIBLE.source,
  `^[^${DIRECTION}${LINE_BREAK}\\u0000-\\u001F\\u007F-\\u009F\\ud800-\\udfff]*$`,
]
export const PROSE_PATTERNS: readonly string[] = [
  VISIBLE.source,
  `^[^${DIRECTION}\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\ud800-\\udfff]*$`,
]

export interface TextFault {
  readonly found: string
  readonly allowed: string
}

/** Returns why a text can't be stored and passed on unchanged, or null when it can. Blank text is fine. */
export function faultInText(text: string): TextFault | null {
  if (text.includes('\0')) return { found: 'a NUL character', allowed: 'text without one' }
  return text.isWellFormed() ? null : { found: 'half of a surrogate pair', allowed: 'valid Unicode' }
}

/** Returns why a text can't be a name, a path or anything else shown on one line, or null when it can. */
export const faultInLine = (text: string): TextFault | null =>
  faultInShown(text, UNFIT_IN_LINE, 'one line of visible text')

/** As `faultInLine`, for text of several lines such as a note. */
export const faultInProse = (text: string): TextFault | null => faultInShown(text, UNFIT_IN_PROSE, 'visible text')

function faultInShown(text: string, unfit: RegExp, allowed: string): TextFault | null {
  const unstorable = faultInText(text)
  if (unstorable) return unstorable
  const [character] = unfit.exec(text) ?? []
  if (character !== undefined) return { found: nameOf(character), allowed }
  return VISIBLE.test(text) ? null : { found: text === '' ? 'nothing' : 'nothing but blanks', allowed }
}

function nameOf(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  if (/[\n\r\u0085\u2028\u2029]/u.test(character)) return `a line break (${code})`
  return /\p{Cc}/u.test(character) ? `a control character (${code})` : `an invisible character (${code})`
}

/**
 * Makes a text fit to be shown that was stored without such checks: runners may give themselves any name and are not
 * refused for it.
 */
export const shownText = (text: string): string => text.toWellFormed().replace(EVERY_UNFIT_IN_PROSE, '\uFFFD')
