import type { UsageStore } from '../ports.ts'

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
export interface RunUsage {
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

const LONGEST_KEPT_MS = 60_000
/** An answer is kept so many times as long as it took to find: asking without end takes a tenth of one connection. */
const KEPT_TIMES = 10
const MOST_KEPT = 1000

/** Remembers answers: at once where they come fast, up to a minute old where there is much to add up. */
export function rememberUsage(store: UsageStore): UsageStore {
  const kept = new Map<string, { readonly answer: Promise<unknown>; until: number }>()

  function once<T>(question: readonly unknown[], ask: () => Promise<T>): Promise<T> {
    const key = JSON.stringify(question)
    const known = kept.get(key)
    if (known && performance.now() < known.until) return known.answer as Promise<T>
    const began = performance.now()
    const entry = { answer: ask(), until: Number.POSITIVE_INFINITY }
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value ?? key)
    kept.set(key, entry)
    entry.answer.then(
      () => {
        const now = performance.now()
        entry.until = now + Math.min(LONGEST_KEPT_MS, KEPT_TIMES * (now - began))
      },
      () => {
        entry.until = 0
      },
    )
    return entry.answer
  }

  return {
    storage: () => once(['storage'], () => store.storage()),
    storageOf: (projectId) => store.storageOf(projectId),
    projects: (month) => once(['projects', month], () => store.projects(month)),
    runners: (month) => once(['runners', month], () => store.runners(month)),
    times: (asked) => once(['times', asked], () => store.times(asked)),
  }
}
