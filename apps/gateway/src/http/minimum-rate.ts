import type { Pace } from './limits.ts'

/** How often it is looked at within the time of a pace. */
const LOOKS = 8

export interface PaceWatch {
  /** From now on the other side is what is waited for. */
  wait(): void
  /** So many bytes came, or went. */
  came(bytes: number): void
  /** We are busy ourselves: this time does not count. */
  rest(): void
  end(): void
}

/** Calls `tooSlow` once when, of the time in which the other side was waited for, `withinMs` brought fewer than `bytes`. */
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
