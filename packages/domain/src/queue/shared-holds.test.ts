import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type HoldLimit, type SharedHolds, shareHolds } from './shared-holds.ts'

const LONG_POLL_MS = 50_000

let holds: SharedHolds
beforeEach(() => {
  vi.useFakeTimers()
  holds = shareHolds(() => Date.now())
})
afterEach(() => vi.useRealTimers())

const enter = (tokenDigest: string, entries: number, systemId = 's_1'): HoldLimit =>
  holds.enter({ systemId, tokenDigest }, entries, LONG_POLL_MS)
const end = (...stays: HoldLimit[]) => {
  for (const stay of stays) stay[Symbol.dispose]()
}

describe('a process with one entry', () => {
  it('is held for the full time', () => {
    const stay = enter('a', 1)
    vi.advanceTimersByTime(LONG_POLL_MS)
    expect([stay.ms, stay.over]).toEqual([LONG_POLL_MS, null])
  })
})

describe('a process with a worker for each entry', () => {
  it('is held for the full time once all of them are held', () => {
    const first = enter('a', 3)
    vi.advanceTimersByTime(1_500)
    const second = enter('b', 3)
    vi.advanceTimersByTime(1_500)
    const third = enter('c', 3)
    vi.advanceTimersByTime(LONG_POLL_MS)
    expect([first, second, third].map(({ ms, over }) => [ms, over?.aborted])).toEqual(Array(3).fill([50_000, false]))
  })

  it('stays held when an entry has been answered and asks again', () => {
    const [first, second] = [enter('a', 2), enter('b', 2)]
    end(first)
    vi.advanceTimersByTime(3_000)
    const again = enter('a', 2)
    vi.advanceTimersByTime(LONG_POLL_MS)
    expect([second.over?.aborted, again.over?.aborted]).toEqual([false, false])
  })

  it('is released when an entry does not come back', () => {
    const [first, second] = [enter('a', 2), enter('b', 2)]
    end(first)
    vi.advanceTimersByTime(3_999)
    expect(second.over?.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(second.over?.aborted).toBe(true)
  })

  it('counts a token once, however many of its requests are held', () => {
    const [first, same] = [enter('a', 2), enter('a', 2)]
    end(same)
    vi.advanceTimersByTime(3_000)
    const second = enter('b', 2)
    vi.advanceTimersByTime(LONG_POLL_MS)
    expect([first.over?.aborted, second.over?.aborted]).toEqual([false, false])
  })
})

describe('a process with fewer workers than entries', () => {
  const prove = () => {
    const alone = enter('a', 4)
    vi.advanceTimersByTime(4_000)
    expect(alone.over?.aborted).toBe(true)
    end(alone)
  }

  it('is held briefly for half a minute, all entries for two seconds together', () => {
    prove()
    for (const token of ['b', 'c', 'd', 'a']) expect(enter(token, 4).ms).toBe(500)
    vi.advanceTimersByTime(29_999)
    expect(enter('b', 4).ms).toBe(500)
    vi.advanceTimersByTime(1)
    expect(enter('b', 4).ms).toBe(LONG_POLL_MS)
  })

  it('is tested again at growing intervals', () => {
    for (const apart of [30_000, 60_000, 120_000]) {
      prove()
      vi.advanceTimersByTime(apart - 1)
      expect(enter('b', 4).ms).toBe(500)
      vi.advanceTimersByTime(1)
    }
  })

  it('is tested again soon when its number of entries changes', () => {
    for (const apart of [30_000, 60_000]) {
      prove()
      vi.advanceTimersByTime(apart)
    }
    prove()
    expect(enter('a', 3).ms).toBeCloseTo(667, 0)
    vi.advanceTimersByTime(30_000)
    expect(enter('a', 3).ms).toBe(LONG_POLL_MS)
  })

  it('does not affect another process', () => {
    prove()
    expect(enter('a', 4, 's_2').ms).toBe(LONG_POLL_MS)
  })
})

describe('a hold that ends early', () => {
  it('proves nothing', () => {
    const alone = enter('a', 2)
    vi.advanceTimersByTime(3_900)
    end(alone)
    vi.advanceTimersByTime(60_000)
    expect(enter('b', 2).ms).toBe(LONG_POLL_MS)
  })
})

describe('an entry that no longer exists', () => {
  /** A worker polls for two entries in turn. */
  const askInTurns = (ms: number, entries: number) => {
    for (let passed = 0; passed < ms; passed += 2_000) {
      for (const token of ['a', 'b']) end(enter(token, entries))
      vi.advanceTimersByTime(2_000)
    }
  }

  it('does not count once all others have polled for half a minute without it', () => {
    expect(holds.heardForMs('s_1')).toBeUndefined()
    const alone = enter('a', 3)
    vi.advanceTimersByTime(4_000)
    end(alone)
    askInTurns(28_000, 3)
    expect(holds.heardForMs('s_1')).toBeUndefined()
    askInTurns(2_000, 3)
    expect(holds.heardForMs('s_1')).toBe(30_000)
  })

  it('may be waiting for a worker, if no entry polled for a while', () => {
    const alone = enter('a', 3)
    vi.advanceTimersByTime(4_000)
    end(alone)
    askInTurns(20_000, 3)
    vi.advanceTimersByTime(6_000)
    askInTurns(28_000, 3)
    expect(holds.heardForMs('s_1')).toBeUndefined()
  })

  it('stays forgotten while all others are held', () => {
    const alone = enter('a', 3)
    vi.advanceTimersByTime(4_000)
    end(alone)
    askInTurns(30_000, 3)
    const both = [enter('a', 2), enter('b', 2)]
    vi.advanceTimersByTime(LONG_POLL_MS)
    expect(both.map(({ over }) => over?.aborted)).toEqual([false, false])
    expect(holds.heardForMs('s_1')).toBe(30_000 + LONG_POLL_MS)
  })
})
