const MOST_DAYS = 36_500

export const NO_DAYS_FOUND = `Enter a whole number of days from 1 to ${MOST_DAYS}, or leave the field empty.`

/** Returns a number of days, null for none, or `invalid` when the text is no number of days that the server accepts. */
export function daysOf(text: string): number | null | 'invalid' {
  if (text.trim() === '') return null
  const days = Number(text)
  return Number.isInteger(days) && days >= 1 && days <= MOST_DAYS ? days : 'invalid'
}

/** Says for how long something is kept. */
export const daysInWords = (days: number | null): string =>
  days === null ? 'for ever' : days === 1 ? '1 day' : `${days.toLocaleString('en')} days`
