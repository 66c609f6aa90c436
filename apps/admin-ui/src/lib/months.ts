/** The periods to choose from, in hours. */
export const SPANS = [
  [24, 'Last 24 hours'],
  [7 * 24, 'Last 7 days'],
  [30 * 24, 'Last 30 days'],
] as const

/** Returns `count` months up to that of `now`, like `2026-11`, newest first, in UTC as on the server. */
export function monthsUntil(now: Date, count: number): string[] {
  const year = now.getUTCFullYear()
  const month = now.getUTCMonth()
  return Array.from({ length: count }, (_, back) => new Date(Date.UTC(year, month - back)).toISOString().slice(0, 7))
}

const format = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** Returns a month in words: `November 2026`. */
export const monthWords = (month: string): string => format.format(new Date(`${month}-01T00:00:00Z`))
