/** The middle of some figures: one slow round on a shared machine does not move it. */
export const median = (figures: readonly number[]): number => percentile(figures, 0.5)

/** @param part - from 0 to 1. */
export function percentile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/**
 * Rounds in turns, A B A B …, after one of each that does not count. On a machine that others use as well only
 * neighbours can be compared.
 *
 * @param contenders - each one runs a round and returns its figure.
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

/** The median of the ratios of neighbouring rounds: both saw the same machine. */
export const ratio = (figures: readonly number[], to: readonly number[]): number =>
  median(figures.map((figure, round) => figure / (to[round] ?? Number.NaN)))
