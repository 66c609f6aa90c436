/** Runs a limited number of tasks at a time, in the order they came. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>

/** @param most - tasks at a time. */
export function limitConcurrency(most: number): ConcurrencyLimit {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      // The next task takes over the place.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
