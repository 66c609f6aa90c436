import type { Request } from 'express'

/**
 * Matches how dates in headers begin: `Sun, 06 Nov 1994`, `Sunday, 06-Nov-94`, `Sun Nov  6`, `06 Nov 1994`,
 * `1994-11-06`.
 */
const DATE = /^(?:(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]*,? |\d{1,2} [A-Z][a-z]{2} \d{4}\b|\d{4}-\d\d-\d\d)/

/** Matches a zone at the end; HTTP dates without one are in GMT. */
const ZONE = /(?:[A-Z]{1,4}|[+-]\d\d:?\d\d)$/

/**
 * Returns the time of `If-Unmodified-Since`. A value that isn't a date is ignored (`docs/protocol/common.md 12`).
 */
export function unmodifiedSince(req: Request): { unlessChangedAfter?: Date } {
  const value = req.get('If-Unmodified-Since')?.trim()
  // `Date` accepts nearly any text with a number in it.
  if (value === undefined || !DATE.test(value)) return {}
  const date = new Date(ZONE.test(value) || /^\d{4}-\d\d-\d\d$/.test(value) ? value : `${value} GMT`)
  return Number.isNaN(date.getTime()) ? {} : { unlessChangedAfter: date }
}
