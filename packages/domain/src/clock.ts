/** The one clock of a process: all decisions by time use either it or the database's clock. */
export interface Clock {
  /** Returns the wall clock's time. It may be set forward and back, and continues while the machine sleeps. */
  now(): Date
  /**
   * Returns for how many milliseconds this process has run without a break: since its start, since the machine woke
   * from sleep, since it was stopped and continued, or since the wall clock or the database's was set. During a break
   * no runner could reach it, so a runner's silence then must not count against it.
   */
  awakeMs(): number
  /**
   * Returns the time at least `ms` milliseconds of running time ago; corrects for a wall clock that was set forward.
   */
  ago(ms: number): Date
  /** Compares the database's clock, which dates jobs, with its last reading. */
  compare(database: Date): void
}

/** The system's clocks; in milliseconds. */
export interface ClockSources {
  readonly wall: () => number
  /** Never set. Whether it continues while the machine sleeps differs between systems; both are noticed. */
  readonly monotonic: () => number
}

/** The longest interval between two readings with which breaks are noticed, in milliseconds. */
export const CLOCK_LOOK_MS = 1_000
/** A longer deviation than this from the expected time is no longer explained by a busy moment. */
const BREAK_MS = 10_000

const SYSTEM: ClockSources = { wall: () => Date.now(), monotonic: () => performance.now() }

/**
 * Returns a clock that notices breaks, provided that `look` is called every `CLOCK_LOOK_MS`.
 *
 * @param noticed - called at each jump with its length in milliseconds.
 */
export function watchClock(
  { wall, monotonic }: ClockSources = SYSTEM,
  noticed: (jumpMs: number) => void = () => undefined,
): Clock & { look(): void } {
  let seen = { wall: wall(), monotonic: monotonic() }
  let awakeSince = seen.monotonic
  let databaseAhead: number | null = null
  /** When the wall clock jumped ahead of the process, and by how much. */
  let forward: { readonly at: number; readonly ms: number }[] = []

  function wake(jumpMs: number): void {
    awakeSince = seen.monotonic
    noticed(jumpMs)
  }

  function look(): void {
    const before = seen
    seen = { wall: wall(), monotonic: monotonic() }
    const passed = { wall: seen.wall - before.wall, monotonic: seen.monotonic - before.monotonic }
    if (Math.abs(passed.wall) <= BREAK_MS && passed.monotonic <= BREAK_MS) return
    if (passed.wall > 0) forward.push({ at: seen.monotonic, ms: passed.wall })
    wake(Math.abs(passed.wall) > BREAK_MS ? passed.wall : passed.monotonic)
  }

  return {
    look,
    now: () => new Date(wall()),
    awakeMs() {
      look()
      return seen.monotonic - awakeSince
    },
    ago(ms) {
      look()
      forward = forward.filter(({ at }) => seen.monotonic - at < ms)
      const jumped = forward.reduce((sum, jump) => sum + jump.ms, 0)
      return new Date(seen.wall - ms - jumped)
    },
    compare(database) {
      look()
      const ahead = database.getTime() - seen.monotonic
      const jumpMs = databaseAhead === null ? 0 : ahead - databaseAhead
      databaseAhead = ahead
      if (Math.abs(jumpMs) > BREAK_MS && seen.monotonic - awakeSince > 0) wake(jumpMs)
    },
  }
}
