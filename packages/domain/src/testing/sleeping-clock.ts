import { type Clock, watchClock } from '../clock.ts'

const DAY_MS = 24 * 3_600_000

/** The clocks of a process whose machine may sleep. */
export interface SleepingClock {
  readonly clock: Clock
  /** By how many milliseconds the wall clock is ahead of the system's. After a test adds some, the machine has slept. */
  readonly ahead: { wallMs: number }
  /** Lets time pass for the process. */
  runFor(ms: number): void
}

/** For tests. Returns clocks by which a process has been awake for a day. */
export function sleepingClock(): SleepingClock {
  const ahead = { wallMs: 0, monotonicMs: 0 }
  const clock = watchClock({
    wall: () => Date.now() + ahead.wallMs,
    monotonic: () => performance.now() + ahead.monotonicMs,
  })
  function runFor(ms: number): void {
    // In steps far below a break: a busy machine may add seconds of its own to any.
    for (let left = ms; left > 0; left -= 1_000) {
      ahead.wallMs += Math.min(left, 1_000)
      ahead.monotonicMs += Math.min(left, 1_000)
      clock.awakeMs()
    }
  }
  clock.compare(new Date())
  runFor(DAY_MS)
  return { clock, ahead, runFor }
}
