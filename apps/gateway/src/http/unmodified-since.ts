import type { Request } from 'express'

/** How dates in headers begin: `Sun, 06 Nov 1994`, `Sunday, 06-Nov-94`, `Sun Nov  6`, `06 Nov 1994`, `1994-11-06`. */
const DATE = /^(?:(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]*,? |\d{1,2} [A-Z][a-z]{2} \d{4}\b|\d{4}-\d\d-\d\d)/

/** A zone at the end; without one HTTP means GMT. */
const ZONE = /(?:[A-Z]{1,4}|[+-]\d\d:?\d\d)$/

/**
 * The time of `If-Unmodified-Since`. Absent for a value that isn't a date: it is ignored
 * (`docs/protocol/common.md 12`).
 */
export function unmodifiedSince(req: Request): { unlessChangedAfter?: Date } {
  const value = req.get('If-Unmodified-Since')?.trim()
  // JavaScript reads dates into nearly everything that holds a number.
  if (value === undefined || !DATE.test(value)) return {}
  const date = new Date(ZONE.test(value) || /^\d{4}-\d\d-\d\d$/.test(value) ? value : `${value} GMT`)
  return Number.isNaN(date.getTime()) ? {} : { unlessChangedAfter: date }
}
