/** Returns the median, which one slow round on a shared machine does not move. */
export const median = (figures: readonly number[]): number => percentile(figures, 0.5)

/** @param part - from 0 to 1. */
export function percentile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/**
 * Runs rounds alternately, A B A B …, after a warm-up round of each. On a shared machine, only neighbouring rounds can
 * be compared.
 *
 * @param contenders - functions that run a round and return its figure.
 * @returns the figures of each, in the order of the rounds.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  contenders: { readonly [N in Name]: () => Promise<number> },
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[]
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (const name of names) await contenders[name]()
  for (let round = 0; round < rounds; round++) {
    for (const name of names) figures[name].push(await contenders[name]())
  }
  return figures
}

/** Returns the median of the ratios of neighbouring rounds, which ran under the same conditions. */
export const ratio = (figures: readonly number[], to: readonly number[]): number =>
  median(figures.map((figure, round) => figure / (to[round] ?? Number.NaN)))
