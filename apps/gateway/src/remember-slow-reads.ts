/** What takes less is read each time. */
const QUICK_MS = 100
/** Any other reading rests so many times as long as it took: it keeps its database busy a twentieth of the time at most. */
const REST = 19

/**
 * A reader for what is asked often and may grow dear: whoever asks while one is under way, or soon after one that took
 * long, gets that one's answer.
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
