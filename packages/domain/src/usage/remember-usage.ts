import type { UsageStore } from '../ports.ts'

const LONGEST_KEPT_MS = 60_000
/** A result is kept this many times as long as it took to compute: constant requests take a tenth of one connection. */
const KEPT_TIMES = 10
const MOST_KEPT = 1000

/** Remembers results: briefly when they are fast to compute, for up to a minute when they are slow. */
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
