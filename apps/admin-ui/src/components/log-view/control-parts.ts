/** A part of a text: some characters as they are, or one control character with the sign that stands for it. */
export interface ControlPart {
  readonly start: number
  readonly text: string
  /** Null for ordinary text. */
  readonly sign: string | null
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Signs of their own are shown as such; more of them would be slow to draw, and nobody reads them. */
const MOST_SIGNS = 500

/** Splits a text at its control characters; tabs are ordinary. */
export function controlParts(text: string): readonly ControlPart[] {
  const parts: ControlPart[] = []
  let at = 0
  let signs = 0
  for (const { 0: character, index } of text.matchAll(CONTROL)) {
    if (signs === MOST_SIGNS) break
    signs += 1
    if (index > at) parts.push({ start: at, text: text.slice(at, index), sign: null })
    parts.push({ start: index, text: character, sign: signOf(character.charCodeAt(0)) })
    at = index + 1
  }
  if (at < text.length || parts.length === 0) parts.push({ start: at, text: text.slice(at), sign: null })
  return parts
}

/** Returns a control character as terminals write it, such as `^G`: few fonts have Unicode's pictures of them. */
function signOf(code: number): string {
  if (code < 0x20) return `^${String.fromCharCode(0x40 + code)}`
  return code === 0x7f ? '^?' : `\\x${code.toString(16)}`
}
