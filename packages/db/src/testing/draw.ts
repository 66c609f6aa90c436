import { randomInt } from 'node:crypto'
import type { Draw } from './disk-image.ts'

/** Returns the seed of a test's draws: `POWER_CUT_SEED`, or a new one each time. A failure has to name it. */
export const drawnSeed = (): number => Number(process.env.POWER_CUT_SEED ?? randomInt(2 ** 31))

/** Returns the same draws for the same seed (mulberry32). */
export function drawsOf(seed: number): Draw {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws distinct operations after which the power is cut, among those from `first` to `last`. */
export function drawCuts(draw: Draw, count: number, first: number, last: number): number[] {
  const cuts = new Set<number>()
  const span = last - first + 1
  while (cuts.size < Math.min(count, span)) cuts.add(first + Math.floor(draw() * span))
  return [...cuts]
}
