/** The one clock of a process: everything that decides something by time asks it or the database, and nothing else. */
export interface Clock {
  /** What the wall clock says. It may be set forward and back, and goes on while the machine sleeps. */
  now(): Date
  /**
   * Milliseconds for which this process has run without a break: since its start, since the machine woke from sleep, since
   * it was stopped and continued, since the wall clock or the database's was set. In a break no runner was listened to, so
   * nothing that it left undone is held against it.
   */
  awakeMs(): number
  /** The time at least `ms` milliseconds ago of which this process was running: a wall clock set forward is made up for. */
  ago(ms: number): Date
  /** Compares the database's clock, by which jobs are dated, with its last reading. */
  compare(database: Date): void
}

/** What of the system a clock reads; milliseconds. */
export interface ClockSources {
  readonly wall: () => number
  /** Never set. Whether it goes on while the machine sleeps differs between systems; both are noticed. */
  readonly monotonic: () => number
}

/** How often at the latest the clocks have to be read, for a break to show. Milliseconds. */
export const CLOCK_LOOK_MS = 1_000
/** What is more than this, beyond what should have passed, is no busy moment any more. */
const BREAK_MS = 10_000

const SYSTEM: ClockSources = { wall: () => Date.now(), monotonic: () => performance.now() }

/**
 * A clock that notices breaks, provided that `look` is called every `CLOCK_LOOK_MS`.
 *
 * @param noticed - hears by how many milliseconds time jumped, each time.
 */
export function watchClock(
  { wall, monotonic }: ClockSources = SYSTEM,
  noticed: (jumpMs: number) => void = () => undefined,
): Clock & { look(): void } {
  let seen = { wall: wall(), monotonic: monotonic() }
  let awakeSince = seen.monotonic
  let databaseAhead: number | null = null
  /** By how much the wall clock went ahead of the process, and when. */
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

/** A clock without breaks that says what it is told, awake for ever. */
export function steadyClock(now: () => Date = () => new Date()): Clock {
  return {
    now,
    awakeMs: () => now().getTime(),
    ago: (ms) => new Date(now().getTime() - ms),
    compare: () => undefined,
  }
}
