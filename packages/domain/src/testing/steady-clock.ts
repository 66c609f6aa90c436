import type { Clock } from '../clock.ts'

/** Returns a clock without breaks that shows the given time and is always awake. */
export function steadyClock(now: () => Date = () => new Date()): Clock {
  return {
    now,
    awakeMs: () => now().getTime(),
    ago: (ms) => new Date(now().getTime() - ms),
    compare: () => undefined,
  }
}
