/** Work that no caller waits for: merging and sealing logs. Its failure is reported; a sweep does it again. */
export interface Background {
  run(name: string, task: () => Promise<unknown>): void
  /** Reports a failure that must not stop its caller, with the name of what failed. */
  report(name: string, error: unknown): void
  /** Resolves when everything under way has ended. */
  settle(): Promise<void>
}

/** @param report - hears of failures, with the task's name. */
export function runInBackground(report: (name: string, error: unknown) => void): Background {
  const underWay = new Set<Promise<unknown>>()
  const track = (work: Promise<unknown>, name: string) => {
    const running: Promise<unknown> = work
      .catch((error: unknown) => report(name, error))
      .finally(() => underWay.delete(running))
    underWay.add(running)
  }
  return {
    run: (name, task) => track(task(), name),
    // Behind a promise, so that a report that throws does not stop the caller either.
    report: (name, error) => track(Promise.reject(error), name),
    async settle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

/**
 * Does the same for each of several ids, one after the other, as sweeps do. A failure is reported and does not stop the
 * rest: a damaged record must not hold up every other job.
 *
 * @param what - names the task in reports; the id follows.
 * @returns whether all were done.
 */
export async function oneByOne(
  { background }: { readonly background: Background },
  ids: readonly number[],
  what: string,
  act: (id: number) => Promise<unknown>,
): Promise<boolean> {
  let all = true
  for (const id of ids) {
    try {
      await act(id)
    } catch (error) {
      all = false
      background.report(`${what} ${id}`, error)
    }
  }
  return all
}
