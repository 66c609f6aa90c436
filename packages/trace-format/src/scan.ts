import { LONGEST_MARKER } from './markers.ts'

export const LF = 0x0a
export const CR = 0x0d
/** Backspace. */
export const BS = 0x08
const ESC = 0x1b
/** The first character of a section marker. */
export const S = 0x73
const KEYWORD = 'section_'

/**
 * Returns text that may be a marker: up to the longest one, or to the stored line's end if markers may continue after
 * it.
 */
export function storedAhead(
  input: string,
  at: number,
  stamped: boolean,
  most = LONGEST_MARKER,
): { begun: string; end: number | null } {
  const ahead = input.slice(at, at + most)
  const end = stamped ? ahead.indexOf('\n') : -1
  return end === -1 ? { begun: ahead, end: null } : { begun: ahead.slice(0, end), end }
}

/** Returns the offset of the next character that may have a meaning, or the text's end if there is none. */
export function endOfRun(input: string, from: number, stamped: boolean): number {
  for (let at = from; at < input.length; at++) {
    const code = input.charCodeAt(at)
    if (code < 0x20) {
      if (code === LF || code === CR || code === ESC || code === BS) return at
    } else if (code === S && beginsKeyword(input, at, stamped)) return at
  }
  return input.length
}

function beginsKeyword(input: string, at: number, stamped: boolean): boolean {
  for (let index = 1; index < KEYWORD.length; index++) {
    if (at + index === input.length) return true
    const code = input.charCodeAt(at + index)
    if (code !== KEYWORD.charCodeAt(index)) return stamped && code === LF
  }
  return true
}
