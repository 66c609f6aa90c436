import { isNarrow } from './columns.ts'

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true })
const ENCODER = new TextEncoder()
/** Bytes made characters in one call. */
const AT_ONCE = 8_192

/** Decodes text that has one character per byte; invalid UTF-8 becomes U+FFFD. */
export function decoded(text: string): string {
  return isNarrow(text) ? text : DECODER.decode(Uint8Array.from(text, (byte) => byte.charCodeAt(0)))
}

/** The reverse of `decoded`. */
export function encoded(text: string): string {
  if (isNarrow(text)) return text
  const bytes = ENCODER.encode(text)
  let characters = ''
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    characters += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE))
  }
  return characters
}

/** Returns how many bytes at the end of a text of bytes begin a character that goes on. */
export function unfinishedCharacter(text: string): number {
  for (let back = 1; back <= 3 && back <= text.length; back++) {
    const byte = text.charCodeAt(text.length - back)
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
