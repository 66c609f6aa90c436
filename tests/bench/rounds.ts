import { CpuMeter } from './cpu.ts'
import type { Processes } from './processes.ts'

/** Returns the median, which one slow round on a shared machine does not move. */
export const median = (figures: readonly number[]): number => percentile(figures, 0.5)

/** @param part - from 0 to 1. */
export function percentile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** What a round brought: the figure that is compared, and the operations that it took. */
export interface Round {
  readonly figure: number
  readonly operations: number
}

export interface Contender {
  /** Those whose CPU time is counted during its rounds. */
  readonly processes: Processes
  /** Makes ready for a round; not measured. */
  prepare?(): Promise<unknown>
  round(): Promise<Round>
}

/** The measured rounds of a contender. */
export interface Rounds {
  readonly figures: readonly number[]
  /** CPU time per operation. */
  readonly cpu: string
}

/**
 * Runs rounds alternately, A B A B …, after a warm-up round of each. On a shared machine, only neighbouring rounds can
 * be compared.
 *
 * @returns the rounds of each contender, in order.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  contenders: { readonly [N in Name]: Contender },
): Promise<Record<Name, Rounds>> {
  const turns = (Object.entries(contenders) as [Name, Contender][]).map(([name, contender]) => ({
    name,
    contender,
    meter: new CpuMeter(contender.processes),
    figures: [] as number[],
  }))
  for (const { contender } of turns) {
    await contender.prepare?.()
    await contender.round()
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contender, meter, figures } of turns) {
      await contender.prepare?.()
      const { figure } = await meter.during(
        () => contender.round(),
        ({ operations }) => operations,
      )
      figures.push(figure)
    }
  }
  const measured = turns.map(({ name, figures, meter }) => [name, { figures, cpu: meter.perOperation }])
  return Object.fromEntries(measured) as Record<Name, Rounds>
}

/** Makes a contender of work that is one operation and returns its figure. */
export const single = (processes: Processes, work: () => Promise<number>): Contender => ({
  processes,
  round: async () => ({ figure: await work(), operations: 1 }),
})

/** Returns the median of the ratios of neighbouring rounds, which ran under the same conditions. */
export const ratio = (ours: Rounds, to: Rounds): number =>
  median(ours.figures.map((figure, round) => figure / (to.figures[round] ?? Number.NaN)))
