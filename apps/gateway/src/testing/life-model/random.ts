import { drawsOf } from '@yardmaster/db/power-cut'

/** Random draws that a seed repeats. */
export interface Random {
  /** Returns a whole number from 0 up to, but not including, `below`. */
  below(below: number): number
  chance(probability: number): boolean
  /** Returns a random element; undefined of an empty list. */
  pick<T>(of: readonly T[]): T | undefined
  /** Returns a random element, with a frequency according to its weight. */
  weighted<T extends { readonly weight: number }>(of: readonly T[]): T
}

/** Returns draws from a seed. Uniform enough for choosing what happens next. */
export function randomFrom(seed: number): Random {
  const next = drawsOf(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (of) => of[below(of.length)],
    weighted(of) {
      let left = next() * of.reduce((sum, { weight }) => sum + weight, 0)
      const chosen = of.find(({ weight }) => {
        left -= weight
        return left < 0
      })
      const [first] = of
      if (!first) throw new Error('nothing to choose from')
      return chosen ?? first
    },
  }
}
