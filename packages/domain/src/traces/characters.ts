/** A character has at most four bytes, so at most three can precede a cut. */
export const LONGEST_TAIL = 3

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** Returns the length in bytes of a character that starts with `lead`; 1 when no character starts with it. */
const lengthFrom = (lead: number): number =>
  lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xc2 && lead <= 0xdf ? 2 : 1

/**
 * Returns how many bytes at the end of `bytes` belong to a character whose rest has not arrived yet. Bytes that can't
 * become a character (stray continuations) are not held back: they are shown as U+FFFD.
 */
export function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(LONGEST_TAIL, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (isContinuation(byte)) continue
    return lengthFrom(byte) > back && canGoOn(bytes, bytes.length - back) ? back : 0
  }
  return 0
}

/** Some first bytes allow a narrower range for the second byte; outside it, the character is already over. */
function canGoOn(bytes: Uint8Array, at: number): boolean {
  const lead = bytes[at] as number
  const second = bytes[at + 1]
  if (second === undefined) return true
  if (lead === 0xe0) return second >= 0xa0
  if (lead === 0xed) return second <= 0x9f
  if (lead === 0xf0) return second >= 0x90
  if (lead === 0xf4) return second <= 0x8f
  return true
}

/**
 * Returns how many bytes before `at` belong to the same character as the byte at `at`: 0 when a character starts there.
 * `bytes` must include up to `LONGEST_TAIL` bytes before and after.
 */
export function bytesIntoCharacter(bytes: Uint8Array, at: number): number {
  if (!isContinuation(bytes[at])) return 0
  for (let back = 1; back <= Math.min(LONGEST_TAIL, at); back++) {
    const byte = bytes[at - back]
    if (isContinuation(byte)) continue
    return byte !== undefined && lengthFrom(byte) > back && canGoOn(bytes, at - back) ? back : 0
  }
  return 0
}
