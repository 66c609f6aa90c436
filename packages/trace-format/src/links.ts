/** A web address in a text, as UTF-16 offsets. */
export interface Link {
  readonly start: number
  readonly end: number
  readonly url: string
}

// Control characters end an address: they are not allowed in one, and a log may contain any.
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\\^{|}\p{Cc}]+/giu
const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[' }

/**
 * Returns the `http` and `https` addresses in a text. Punctuation after an address belongs to the surrounding sentence;
 * a closing bracket belongs to the address only if it was opened there. Takes linear time.
 */
export function findLinks(text: string): Link[] {
  const links: Link[] = []
  for (const { 0: found, index: start } of text.matchAll(ADDRESS)) {
    const url = withoutTail(found)
    if (/^https?:\/\/[\p{L}\p{N}[]/iu.test(url)) links.push({ start, end: start + url.length, url })
  }
  return links
}

function withoutTail(address: string): string {
  const surplus: Record<string, number> = { ')': 0, ']': 0 }
  for (const character of address) {
    if (character in surplus) surplus[character] = (surplus[character] ?? 0) + 1
    for (const [closer, opener] of Object.entries(CLOSERS)) {
      if (character === opener) surplus[closer] = (surplus[closer] ?? 0) - 1
    }
  }
  let end = address.length
  for (; end > 0; end--) {
    const last = address[end - 1] ?? ''
    if ((surplus[last] ?? 0) > 0) surplus[last] = (surplus[last] ?? 0) - 1
    else if (!'.,;:!?*_~'.includes(last)) break
  }
  return address.slice(0, end)
}
