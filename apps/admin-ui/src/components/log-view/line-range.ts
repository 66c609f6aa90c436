/** The lines that an address points at, both ends included. */
export interface LineRange {
  readonly first: number
  readonly last: number
}

/** Reads `L100` or `L100-L140`, with or without `#`. Returns null when the hash is anything else. */
export function readRange(hash: string): LineRange | null {
  const [, from, to] = /^#?L(\d{1,15})(?:-L?(\d{1,15}))?$/.exec(hash) ?? []
  if (from === undefined || Number(from) < 1) return null
  return rangeOf(Number(from), Math.max(1, Number(to ?? from)))
}

export const rangeOf = (one: number, other: number): LineRange => ({
  first: Math.min(one, other),
  last: Math.max(one, other),
})

/** Without `#`, as the router expects it. */
export const writeRange = ({ first, last }: LineRange): string => (first === last ? `L${first}` : `L${first}-L${last}`)
