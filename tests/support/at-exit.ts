const INTERRUPTIONS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What is left to do when this process ends, in the order in which it was asked for. */
const cleanUps = new Set<() => void>()

/**
 * Calls `cleanUp` when this process ends, the latest one first: processes end before the directories they write to are
 * removed. Nothing that it waits for happens any more.
 *
 * @returns what forgets it, once that has been done in another way.
 */
export function atExit(cleanUp: () => void): () => void {
  if (cleanUps.size === 0) process.once('exit', cleanUpAll)
  cleanUps.add(cleanUp)
  return () => {
    cleanUps.delete(cleanUp)
    if (cleanUps.size === 0) process.off('exit', cleanUpAll)
  }
}

/** Ends this process when it is interrupted, with all that is asked of `atExit`. Node would end it without. */
export function exitWhenInterrupted(): void {
  for (const signal of INTERRUPTIONS) process.once(signal, () => process.exit(130))
}

function cleanUpAll(): void {
  for (const cleanUp of [...cleanUps].reverse()) {
    try {
      cleanUp()
    } catch (error) {
      // The others are done nevertheless.
      console.error(error)
    }
  }
}
