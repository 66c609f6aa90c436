import { describe, expect, it, vi } from 'vitest'
import { CLOCK_LOOK_MS, watchClock } from './clock.ts'

const HOUR = 3_600_000

/** A machine whose clocks the test sets. */
function machine() {
  const at = { wall: Date.UTC(2026, 0, 1), monotonic: 5_000 }
  const noticed = vi.fn()
  const clock = watchClock({ wall: () => at.wall, monotonic: () => at.monotonic }, noticed)
  const runs = (ms: number) => {
    for (let left = ms; left > 0; left -= CLOCK_LOOK_MS) {
      at.wall += Math.min(left, CLOCK_LOOK_MS)
      at.monotonic += Math.min(left, CLOCK_LOOK_MS)
      clock.look()
    }
  }
  return {
    clock,
    noticed,
    runs,
    jumps(by: { wall?: number; monotonic?: number }) {
      at.wall += by.wall ?? 0
      at.monotonic += by.monotonic ?? 0
    },
    wall: () => at.wall,
    database: (aheadMs = 0) => new Date(at.wall + aheadMs),
  }
}

describe('The clock', () => {
  it('counts how long the process has run', () => {
    const { clock, runs, noticed } = machine()
    expect(clock.awakeMs()).toBe(0)
    runs(HOUR)
    expect(clock.awakeMs()).toBe(HOUR)
    expect(noticed).not.toHaveBeenCalled()
  })

  it.each([
    ['the machine slept, and its monotonic clock with it', { wall: 2 * HOUR }],
    ['the machine slept, and its monotonic clock continued', { wall: 2 * HOUR, monotonic: 2 * HOUR }],
    ['the wall clock was set forward', { wall: 30_000 }],
    ['the wall clock was set back', { wall: -HOUR }],
    ['the process was stopped while the wall clock was set back by as much', { monotonic: HOUR }],
  ])('counts from zero again when %s', (_, by) => {
    const { clock, runs, jumps, noticed } = machine()
    runs(HOUR)
    jumps(by)
    // Before any timer fires.
    expect(clock.awakeMs()).toBe(0)
    expect(noticed).toHaveBeenCalledOnce()
    runs(60_000)
    expect(clock.awakeMs()).toBe(60_000)
    expect(noticed).toHaveBeenCalledOnce()
  })

  it('ignores busy moments and small adjustments of the clock', () => {
    const { clock, runs, jumps, noticed } = machine()
    runs(60_000)
    jumps({ wall: 3_000, monotonic: 3_000 })
    clock.look()
    jumps({ wall: -2_000 })
    clock.look()
    expect(clock.awakeMs()).toBe(63_000)
    expect(noticed).not.toHaveBeenCalled()
  })

  it('counts from zero again when the clock of the database was set, in either direction', () => {
    const { clock, runs, database } = machine()
    clock.compare(database(90 * HOUR))
    runs(HOUR)
    clock.compare(database(90 * HOUR + 4_000))
    expect(clock.awakeMs()).toBe(HOUR)
    clock.compare(database(92 * HOUR))
    expect(clock.awakeMs()).toBe(0)
    runs(HOUR)
    clock.compare(database(0))
    expect(clock.awakeMs()).toBe(0)
  })

  it('skips a sleep when it looks back, so that what was recent before still is', () => {
    const { clock, runs, jumps, wall } = machine()
    runs(HOUR)
    const before = wall()
    jumps({ wall: 5 * HOUR })
    clock.look()
    runs(60_000)
    expect(clock.ago(3 * HOUR).getTime()).toBeLessThanOrEqual(before - 2 * HOUR)
    // Once it has run for as long again, the sleep lies before that time.
    runs(3 * HOUR)
    expect(clock.ago(3 * HOUR).getTime()).toBe(wall() - 3 * HOUR)
  })
})
