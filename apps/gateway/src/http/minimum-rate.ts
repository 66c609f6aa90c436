import type { Pace } from './limits.ts'

/** Checks in each period of a pace. */
const LOOKS = 8

export interface PaceWatch {
  /** From now on we wait for the other side. */
  wait(): void
  /** Counts bytes that were received or sent. */
  came(bytes: number): void
  /** We are busy ourselves: this time does not count. */
  rest(): void
  end(): void
}

/** Calls `tooSlow` once when fewer than `bytes` moved in `withinMs` of waiting for the other side. */
export function watchPace({ bytes, withinMs }: Pace, tooSlow: () => void): PaceWatch {
  let waiting = false
  let looks = 0
  let moved = 0
  const timer = setInterval(() => {
    if (!waiting) return
    looks += 1
    if (looks < LOOKS) return
    if (moved < bytes) {
      clearInterval(timer)
      return tooSlow()
    }
    looks = 0
    moved = 0
  }, withinMs / LOOKS)
  timer.unref()
  return {
    wait() {
      waiting = true
    },
    came(count) {
      moved += count
    },
    rest() {
      waiting = false
    },
    end() {
      clearInterval(timer)
    },
  }
}
