/** Draws that a seed repeats. */
export interface Random {
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number
  chance(probability: number): boolean
  /** Undefined of nothing. */
  pick<T>(of: readonly T[]): T | undefined
  /** One of them, each as often as its weight says. */
  weighted<T extends { readonly weight: number }>(of: readonly T[]): T
}

/** Mulberry32: small, and even enough for choosing what happens next. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
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
