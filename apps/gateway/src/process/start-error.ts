/** The program can't start, and the operator can change that: the message says which part, where, and what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** Says what an error means to the operator, or null: then it is a bug, and its stack is shown. */
export type Explain = (error: unknown) => string | null

/** @throws StartError when `explain` knows what went wrong. */
export async function starting<T>(explain: Explain, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const sentence = explain(error)
    if (sentence === null) throw error
    throw new StartError(sentence, { cause: error })
  }
}

/** @throws StartError for the first fault that `explain` knows. Others may pass. */
export function refuseFaults(explain: Explain, faults: readonly unknown[]): void {
  for (const fault of faults) {
    const sentence = explain(fault)
    if (sentence !== null) throw new StartError(sentence, { cause: fault })
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
