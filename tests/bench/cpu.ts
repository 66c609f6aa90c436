import { readdirSync, readFileSync } from 'node:fs'
import type { Processes } from './processes.ts'

/** The unit of `/proc/<pid>/stat` on Linux, in milliseconds. */
const TICK_MS = 10
/** Servers do a little for themselves all the time: less than this part of the whole is not shown. */
const LEAST_PART = 0.01

/** Counts the CPU time of processes while they do measured work. */
export class CpuMeter {
  readonly #processes: Processes
  readonly #used: Map<string, number>
  #operations = 0

  constructor(processes: Processes) {
    this.#processes = processes
    this.#used = new Map(Object.keys(processes).map((name) => [name, 0]))
  }

  /** Does the work. `operations` tells of its result how many operations it was. */
  async during<Result>(work: () => Promise<Result>, operations: (result: Result) => number): Promise<Result> {
    const before = usedBy(this.#processes)
    const result = await work()
    const after = usedBy(this.#processes)
    for (const [name, used] of this.#used) {
      this.#used.set(name, used + (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN))
    }
    this.#operations += operations(result)
    return result
  }

  /** The CPU time per operation of each process that has a part in it; `–` where it can't be read. */
  get perOperation(): string {
    const known = [...this.#used].filter(([, used]) => !Number.isNaN(used))
    const total = known.reduce((sum, [, used]) => sum + used, 0)
    const parts = known
      .filter(([, used]) => used >= total * LEAST_PART && used > 0)
      .map(([name, used]) => `${name} ${(used / this.#operations).toPrecision(2)}`)
    return parts.length > 0 ? parts.join(', ') : '–'
  }
}

interface Stat {
  readonly pid: number
  readonly parent: number
  /** Milliseconds of the process with all its threads. */
  readonly own: number
  /** Milliseconds of its children that have ended. */
  readonly ended: number
}

/** Returns the CPU time since the start of each process, in milliseconds. */
function usedBy(processes: Processes): Map<string, number> {
  const all = Object.values(processes).some(({ withChildren }) => withChildren) ? allStats() : []
  return new Map(
    Object.entries(processes).map(([name, { pid, withChildren }]) => [
      name,
      withChildren ? usedByTree(pid, all) : (statOf(pid)?.own ?? Number.NaN),
    ]),
  )
}

function usedByTree(pid: number, all: readonly Stat[]): number {
  const tree = all.filter((stat) => stat.pid === pid || stat.parent === pid)
  return tree.length === 0 ? Number.NaN : tree.reduce((sum, { own, ended }) => sum + own + ended, 0)
}

function allStats(): Stat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? [])
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program, in parentheses, may contain anything.
    const [, parent, ...fields] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(9, 13)
    return { pid, parent: parent ?? 0, own: (user + system) * TICK_MS, ended: (endedUser + endedSystem) * TICK_MS }
  } catch {
    // It has ended, or there is no /proc.
    return null
  }
}
