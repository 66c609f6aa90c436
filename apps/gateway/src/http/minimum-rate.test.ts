import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchPace } from './minimum-rate.ts'

const PACE = { bytes: 100, withinMs: 8_000 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a pace', () => {
  it('is kept as long as each period brings enough bytes', () => {
    const tooSlow = vi.fn()
    const watch = watchPace(PACE, tooSlow)
    watch.wait()
    for (let times = 0; times < 20; times++) {
      watch.came(100)
      vi.advanceTimersByTime(PACE.withinMs)
    }
    expect(tooSlow).not.toHaveBeenCalled()
    watch.end()
  })

  it('is missed when one period brings too few bytes, which is reported once', () => {
    const tooSlow = vi.fn()
    const watch = watchPace(PACE, tooSlow)
    watch.wait()
    watch.came(1_000)
    vi.advanceTimersByTime(PACE.withinMs)
    expect(tooSlow).not.toHaveBeenCalled()
    watch.came(99)
    vi.advanceTimersByTime(PACE.withinMs)
    expect(tooSlow).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(PACE.withinMs * 10)
    expect(tooSlow).toHaveBeenCalledOnce()
  })

  it('does not count the time in which we are busy ourselves, nor the time after its end', () => {
    const tooSlow = vi.fn()
    const watch = watchPace(PACE, tooSlow)
    vi.advanceTimersByTime(PACE.withinMs * 2)
    watch.wait()
    vi.advanceTimersByTime(PACE.withinMs - 1_000)
    watch.rest()
    vi.advanceTimersByTime(PACE.withinMs * 2)
    expect(tooSlow).not.toHaveBeenCalled()
    watch.end()
    watch.wait()
    vi.advanceTimersByTime(PACE.withinMs * 2)
    expect(tooSlow).not.toHaveBeenCalled()
  })
})
