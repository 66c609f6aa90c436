import { setTimeout as pause } from 'node:timers/promises'
import type { Canary } from './canary.ts'
import type { Fleet } from './fleet.ts'

/** Many times what is promised, for busy machines. */
const LIMIT_MS = 90_000
const BETWEEN_PROBES_MS = 50

/** Recovery times by kind of fault. */
export class Recoveries {
  readonly #times = new Map<string, number[]>()

  add(kind: string, ms: number): void {
    this.#times.set(kind, [...(this.#times.get(kind) ?? []), ms])
  }

  get all(): number[] {
    return [...this.#times.values()].flat()
  }

  /** Returns one line per kind: the number, the median, the longest. */
  table(): string[] {
    const width = Math.max(20, ...[...this.#times.keys()].map((kind) => kind.length))
    const lines = [...this.#times].sort(([a], [b]) => a.localeCompare(b))
    return [
      `${'fault'.padEnd(width)}  ${'times'.padStart(6)}  ${'p50 s'.padStart(7)}  ${'max s'.padStart(7)}`,
      ...lines.map(([kind, times]) => {
        const { p50, max } = summary(times)
        return `${kind.padEnd(width)}  ${String(times.length).padStart(6)}  ${p50.padStart(7)}  ${max.padStart(7)}`
      }),
    ]
  }
}

/** Returns the median and the maximum, in seconds. */
export function summary(times: readonly number[]): { p50: string; max: string } {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (index: number) => ((sorted[index] ?? 0) / 1000).toFixed(2)
  return { p50: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) }
}

/**
 * Waits until every gateway has recovered.
 *
 * @returns the time that took, in milliseconds, or null when it took too long.
 */
export async function recovered(fleet: Fleet, canary: Canary): Promise<number | null> {
  const begun = performance.now()
  for (const member of fleet.members) {
    while (!(await canary.probe(member))) {
      if (performance.now() - begun > LIMIT_MS) return null
      await pause(BETWEEN_PROBES_MS)
    }
  }
  return performance.now() - begun
}
