/**
 * Returns the `Content-Disposition` of a download: always saved, never shown (RFC 6266). It holds the name twice, as
 * quoted ASCII with escapes and as UTF-8; clients that understand the second prefer it.
 */
export function attachment(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]/gu, '_').replace(/["\\]/g, '\\$&')
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded(filename)}`
}

/** RFC 5987 allows fewer characters than `encodeURIComponent` leaves as they are. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
