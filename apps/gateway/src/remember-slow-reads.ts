/** Reads that take less are repeated each time. */
const QUICK_MS = 100
/** A slow read is reused for this many times its duration, so that it uses at most a twentieth of the time. */
const REST = 19

/**
 * Wraps a read that is requested often and may become slow: calls during a read, or soon after a slow one, share its
 * result.
 */
export function rememberSlowReads<Value>(read: () => Promise<Value>, now: () => number = () => performance.now()) {
  let latest: Promise<Value> | null = null
  let restsUntil = Number.POSITIVE_INFINITY
  return (): Promise<Value> => {
    if (latest && now() < restsUntil) return latest
    const began = now()
    restsUntil = Number.POSITIVE_INFINITY
    const reading = read()
    latest = reading
    reading.then(
      () => {
        const took = now() - began
        restsUntil = took < QUICK_MS ? 0 : now() + REST * took
      },
      () => {
        latest = null
      },
    )
    return reading
  }
}
