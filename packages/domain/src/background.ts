/** Work that nobody waits for: merging and sealing logs. Its failure is logged; a sweep does it again. */
export interface Background {
  /** @param name - what the task does, as it is said when it fails: "could not" comes before it. */
  run(name: string, task: () => Promise<unknown>): void
  /** Resolves when everything under way has ended. */
  settle(): Promise<void>
}

/** @param report - hears of failures, with the task's name. */
export function runInBackground(report: (name: string, error: unknown) => void): Background {
  const underWay = new Set<Promise<unknown>>()
  return {
    run(name, task) {
      const running: Promise<unknown> = task()
        .catch((error: unknown) => report(name, error))
        .finally(() => underWay.delete(running))
      underWay.add(running)
    },
    async settle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
