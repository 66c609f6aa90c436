const INTERRUPTIONS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What to do when this process ends, in the order of registration. */
const cleanUps = new Set<() => void>()

/**
 * Calls `cleanUp` when this process ends, last registered first: child processes end before the directories they write
 * to are removed. It must be synchronous: promises no longer settle.
 *
 * @returns a function that unregisters it, for when the work has been done in another way.
 */
export function atExit(cleanUp: () => void): () => void {
  if (cleanUps.size === 0) process.once('exit', cleanUpAll)
  cleanUps.add(cleanUp)
  return () => {
    cleanUps.delete(cleanUp)
    if (cleanUps.size === 0) process.off('exit', cleanUpAll)
  }
}

/** Ends this process on an interruption after everything registered with `atExit`, which Node alone would skip. */
export function exitWhenInterrupted(): void {
  for (const signal of INTERRUPTIONS) process.once(signal, () => process.exit(130))
}

function cleanUpAll(): void {
  for (const cleanUp of [...cleanUps].reverse()) {
    try {
      cleanUp()
    } catch (error) {
      // The others must still run.
      console.error(error)
    }
  }
}
