import { constants } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'

/** The longest time from the signal to the end of the process, even if something hangs. */
const GRACE_MS = 25_000

/** How much of it requests under way may take; the rest is for closing what they use. */
export const REQUESTS_MS = 18_000

/** A part that has not closed after this time is abandoned. */
const PART_MS = 5_000

/**
 * Returns a signal that aborts at the first SIGINT or SIGTERM. From then on the process ends within the grace period,
 * with exit code 1 if it has to be forced; a second signal ends it at once.
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

/** Ends the process after the grace period if it has not ended by itself. */
export function endWithinGrace(): void {
  setTimeout(() => {
    console.error(`Stopping took more than ${GRACE_MS / 1000} s: aborting what is still under way.`)
    process.exit(1)
  }, GRACE_MS)
}

/**
 * Closes one part. Never rejects, because the other parts have to be closed as well.
 *
 * @param report - receives the reason why it could not be closed.
 */
export async function closePart(
  name: string,
  close: () => PromiseLike<unknown>,
  report: (error: unknown, sentence: string) => void,
): Promise<void> {
  const late = new AbortController()
  const timeout = pause(PART_MS, true, { ref: false, signal: late.signal }).catch(() => false)
  try {
    const timedOut = await Promise.race([Promise.resolve(close()).then(() => false), timeout])
    if (timedOut) report(undefined, `${name} did not close within ${PART_MS / 1000} s and was abandoned`)
  } catch (error) {
    report(error, `${name} could not be closed`)
  } finally {
    late.abort()
  }
}
