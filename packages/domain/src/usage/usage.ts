/** A calendar month in UTC, `2026-11`. */
export type Month = string & { readonly month: unique symbol }

/** How a month is spelled. */
export const MONTH = /^(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])$/

/** Returns null for text that is not a month. */
export const parseMonth = (text: string): Month | null => (MONTH.test(text) ? (text as Month) : null)

export const monthOf = (time: Date): Month => time.toISOString().slice(0, 7) as Month

/** From the first moment of the month up to but not including that of the next. */
export function daysOf(month: Month): { readonly from: Date; readonly to: Date } {
  const from = new Date(`${month}-01T00:00:00Z`)
  const to = new Date(from)
  to.setUTCMonth(to.getUTCMonth() + 1)
  return { from, to }
}

/** Run time of jobs that ended in a certain period. */
export interface RunTime {
  /** The number of jobs that ran, whatever their outcome. */
  readonly jobs: number
  readonly runSeconds: number
  /** Run time in minutes, multiplied by the cost factor of each job's runner. */
  readonly computeMinutes: number
}

/** The 50th, 90th and 99th percentile, in seconds. Null when there are no jobs. */
export interface Percentiles {
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

/** How long jobs waited and ran. */
export interface JobTimes {
  /** Null for jobs without tags. */
  readonly tag: string | null
  readonly jobs: number
  /** From entering the queue to the claim. */
  readonly queueWait: Percentiles
  readonly runTime: Percentiles
}
