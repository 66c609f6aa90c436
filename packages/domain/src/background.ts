/** Work that no caller waits for, such as merging and sealing logs. Failures are reported; a sweep repeats the work. */
export interface Background {
  run(name: string, task: () => Promise<unknown>): void
  /** Reports a failure that must not stop its caller, with the name of what failed. */
  report(name: string, error: unknown): void
  /** Resolves when all running work has ended. */
  settle(): Promise<void>
}

/** @param report - receives failures with the task's name. */
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
    // As a promise, so that a `report` that throws does not stop the caller either.
    report: (name, error) => track(Promise.reject(error), name),
    async settle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

/**
 * Runs a task for each of several ids, one after the other, as sweeps do. A failure is reported and does not stop the
 * rest: a damaged record must not hold up every other job.
 *
 * @param what - the task's name in reports; the id is appended.
 * @returns whether all succeeded.
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
