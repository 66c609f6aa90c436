import { err, ok, type Result } from '@yardmaster/common'
import { Cron, CronPattern } from 'croner'
import type { ScheduleInvalid } from '../errors.ts'

/** Minutes between two runs at least. */
const LEAST_DISTANCE = 5
/** Characters of an expression. */
const LONGEST_CRON = 100
const LONGEST_ZONE = 64
/** Years in which an expression must match. 29 February falls on a given weekday every 28 years, or after 40. */
const YEARS_AHEAD = 41
/** Of months, in the longest year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
const FIVE_FIELDS = /^\S+(?: +\S+){4}$/

/**
 * Checks an expression and its time zone, and returns the first time after `after` that matches.
 *
 * @returns `schedule_invalid`, with the field, for what is no expression of five fields, for one that matches no time,
 * for one with less than five minutes between two runs, and for an unknown time zone.
 * @see `docs/pipelines.md 10`
 */
export function firstRun(cron: string, timeZone: string, after: Date): Result<Date, ScheduleInvalid> {
  const refuse = (field: string, reason: string) => err({ kind: 'schedule_invalid' as const, field, reason })
  if (!isTimeZone(timeZone)) {
    return refuse('timeZone', 'allowed is the IANA name of a time zone, such as Europe/Berlin or UTC')
  }
  if (cron.length > LONGEST_CRON) return refuse('cron', `more than ${LONGEST_CRON} characters`)
  if (!FIVE_FIELDS.test(cron)) {
    return refuse('cron', 'allowed are five fields: minute, hour, day of the month, month, day of the week')
  }
  const pattern = parse(cron)
  if (typeof pattern === 'string') return refuse('cron', pattern)
  const distance = leastDistance(pattern.minute)
  if (distance < LEAST_DISTANCE) {
    const minutes = distance === 1 ? '1 minute' : `${distance} minutes`
    return refuse(
      'cron',
      `found ${minutes} between two runs; allowed are at least ${LEAST_DISTANCE}, also from one hour to the next`,
    )
  }
  const next = hasDays(pattern) ? nextRun(cron, timeZone, after) : null
  return next ? ok(next) : refuse('cron', 'it matches no date, such as 31 February')
}

/**
 * Returns the first time after `after` that matches a checked expression; null when there is none in the next decades.
 * A time that the change to summer time skips counts as the moment of that change; one that comes twice, once.
 */
export function nextRun(cron: string, timezone: string, after: Date): Date | null {
  const stopAt = new Date(after)
  stopAt.setUTCFullYear(stopAt.getUTCFullYear() + YEARS_AHEAD)
  return new Cron(cron, { mode: '5-part', timezone, paused: true, stopAt }).nextRun(after)
}

/** Returns the expression as read, or why it is none, as a sentence. */
function parse(cron: string): CronPattern | string {
  try {
    return new CronPattern(cron, undefined, { mode: '5-part' })
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
  }
}

/** Offsets such as `+02:00`, which `Intl` knows as well, are no names. */
function isTimeZone(name: string): boolean {
  if (name.length > LONGEST_ZONE || !/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Returns the least distance of two minutes that match, in minutes; the first one of the next hour counts as well. */
function leastDistance(matches: readonly number[]): number {
  const minutes = [...matches.keys()].filter((minute) => matches[minute])
  return Math.min(...minutes.map((minute, index) => (minutes[index + 1] ?? (minutes[0] ?? 0) + 60) - minute))
}

/**
 * Returns whether there are such days in such months at all, so that nothing is searched for in vain, which takes tens
 * of milliseconds. Where a day of the week is named as well, either of the two suffices.
 */
function hasDays(pattern: CronPattern): boolean {
  const { day, month, nearestWeekdays, lastDayOfMonth, starDOW, useAndLogic } = pattern
  if (lastDayOfMonth || (!starDOW && !useAndLogic)) return true
  return DAYS.some(
    (days, index) => month[index] && [day, nearestWeekdays].some((set) => set.slice(0, days).includes(1)),
  )
}
