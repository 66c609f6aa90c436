/** A failed start that the operator can fix: the message says which part failed, where, and what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** Returns what an error means to the operator, or null for a bug, whose stack is shown. */
export type Explain = (error: unknown) => string | null

/** Runs a step of the start. @throws StartError when `explain` knows what went wrong. */
export async function starting<T>(explain: Explain, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const sentence = explain(error)
    if (sentence === null) throw error
    throw new StartError(sentence, { cause: error })
  }
}

/** @throws StartError for the first fault that `explain` knows; other faults may go away. */
export function refuseFaults(explain: Explain, faults: readonly unknown[]): void {
  for (const fault of faults) {
    const sentence = explain(fault)
    if (sentence !== null) throw new StartError(sentence, { cause: fault })
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
