import { constants } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'

/** From the signal to the end of the process: whatever hangs, it takes no longer. */
const GRACE_MS = 25_000

/** Requests under way may take so much of it; the rest is for closing what they use. */
export const REQUESTS_MS = 18_000

/** A part that has not closed after this time is left behind. */
const PART_MS = 5_000

/**
 * Aborts at the first SIGINT or SIGTERM. From then on the process ends within the grace, with exit code 1 if it has to be
 * forced; a second signal ends it at once.
 */
export function listenForStop(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(128 + constants.signals[name])
      endWithinGrace()
      stop.abort()
    })
  }
  return stop.signal
}

/** The process is about to end by itself; if it does not within the grace, it is ended. */
export function endWithinGrace(): void {
  setTimeout(() => {
    console.error(`Stopping took more than ${GRACE_MS / 1000} s: what is still under way is cut.`)
    process.exit(1)
  }, GRACE_MS)
}

/**
 * Closes one part, and never rejects: the others have to be closed as well.
 *
 * @param report - hears why it could not be closed.
 */
export async function closePart(
  name: string,
  close: () => PromiseLike<unknown>,
  report: (error: unknown, sentence: string) => void,
): Promise<void> {
  const late = new AbortController()
  const hangs = pause(PART_MS, true, { ref: false, signal: late.signal }).catch(() => false)
  try {
    const left = await Promise.race([Promise.resolve(close()).then(() => false), hangs])
    if (left) report(undefined, `${name} did not close within ${PART_MS / 1000} s and was left behind`)
  } catch (error) {
    report(error, `${name} could not be closed`)
  } finally {
    late.abort()
  }
}
