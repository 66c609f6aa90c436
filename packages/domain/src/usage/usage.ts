/** A calendar month in UTC, `2026-11`. */
export type Month = string & { readonly month: unique symbol }

const MONTH = /^(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])$/

/** Null for what is no month. */
export const parseMonth = (text: string): Month | null => (MONTH.test(text) ? (text as Month) : null)

export const monthOf = (time: Date): Month => time.toISOString().slice(0, 7) as Month

/** From its first moment up to, not including, that of the next. */
export function daysOf(month: Month): { readonly from: Date; readonly to: Date } {
  const from = new Date(`${month}-01T00:00:00Z`)
  const to = new Date(from)
  to.setUTCMonth(to.getUTCMonth() + 1)
  return { from, to }
}

/** Run time of jobs that ended in some span of time. */
export interface RunTime {
  /** Jobs that were run, whatever came of them. */
  readonly jobs: number
  readonly runSeconds: number
  /** Minutes, each as many times as its runner's cost factor says. */
  readonly computeMinutes: number
}

/** Half of the jobs, nine tenths and ninety-nine hundredths of them took no longer; seconds. Null of no jobs. */
export interface Percentiles {
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

/** How long jobs waited and ran. */
export interface JobTimes {
  /** Null: jobs without tags. */
  readonly tag: string | null
  readonly jobs: number
  /** From entering the queue to being taken. */
  readonly queueWait: Percentiles
  readonly runTime: Percentiles
}
