const UTF8_BOM = '\ufeff'

/**
 * Decodes the text of a report, which a shell of any system may have written: UTF-16 with or without a byte order mark,
 * otherwise UTF-8. Undecodable bytes are replaced.
 *
 * @see `docs/protocol/artifacts.md 9, rule 3`
 */
export function reportText(bytes: Uint8Array): string {
  // A decoder removes the mark itself; text that was converted before may begin with a second one.
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes)
  return text.startsWith(UTF8_BOM) ? text.slice(1) : text
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
  if (mark === 0xfffe) return 'utf-16le'
  if (mark === 0xfeff) return 'utf-16be'
  // Without a mark: in UTF-16, every second byte of Latin text is zero; in UTF-8, no byte is.
  if (bytes.length % 2 !== 0 || bytes.length === 0) return 'utf-8'
  let even = 0
  let odd = 0
  for (let at = 0; at < bytes.length; at += 2) {
    if (bytes[at] === 0) even += 1
    if (bytes[at + 1] === 0) odd += 1
  }
  if (odd > bytes.length / 4 && even === 0) return 'utf-16le'
  if (even > bytes.length / 4 && odd === 0) return 'utf-16be'
  return 'utf-8'
}
