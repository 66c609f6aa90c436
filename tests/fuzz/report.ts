import type { Gateway } from '../support/gateway.ts'
import type { Connection, Outcome } from './connection.ts'
import type { Memory } from './memory.ts'

const MIB = 1_048_576
/** Highest growth from the middle to the end: caches fill, and garbage collections come at random times. */
const MOST_GROWTH = 1.3
const MOST_GROWTH_BYTES = 96 * MIB
const SHOWN_FAILURES = 10
const HEALTH = Buffer.from('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`

/** The outcomes of the requests of one run. */
export class Report {
  readonly memory: Memory[] = []
  deaths = 0
  readonly #seed: number
  readonly #begun = performance.now()
  readonly #outcomes = new Map<string, number>()
  readonly #failures: string[] = []
  #slowestHealthMs = 0
  #healthChecks = 0
  #repairs = 0
  #failedRepairs = 0
  #lastRepairError = ''

  constructor(seed: number) {
    this.#seed = seed
  }

  count(outcome: Outcome): void {
    const name = typeof outcome === 'object' ? String(outcome.status) : outcome
    this.#outcomes.set(name, (this.#outcomes.get(name) ?? 0) + 1)
  }

  fail(sentence: string): void {
    // Printed at once, because a long run is watched.
    if (this.#failures.length < SHOWN_FAILURES) console.log(sentence)
    this.#failures.push(sentence)
  }

  /** Checks that the process is up. No answer is a failure, unless the process died, which is counted separately. */
  async health(gateway: Gateway, connection: Connection): Promise<void> {
    const begun = performance.now()
    const outcome = await connection.exchange(HEALTH, { cut: false, endless: false })
    const wasOk = typeof outcome === 'object' && outcome.status === 200
    if (!wasOk && gateway.running) this.fail(`/healthz did not answer 200: ${JSON.stringify(outcome)}`)
    this.#healthChecks += 1
    this.#slowestHealthMs = Math.max(this.#slowestHealthMs, performance.now() - begun)
  }

  /** Notes an attempt to repair what requests broke. Without repairs, all later requests would be refused early. */
  readonly repaired = (error: unknown): void => {
    this.#repairs += 1
    if (error === null) return
    this.#failedRepairs += 1
    this.#lastRepairError = String(error)
  }

  get failed(): boolean {
    return this.deaths > 0 || this.#failures.length > 0 || this.#grew
  }

  /** Only a long run can distinguish growth from a process that is warming up. */
  get #grew(): boolean {
    const [, middle, end] = this.memory
    if (!middle || !end) return false
    return end.resident > middle.resident * MOST_GROWTH && end.resident > middle.resident + MOST_GROWTH_BYTES
  }

  /** Returns a line on the state of a run. */
  line({ resident, heap }: Memory): string {
    const { total, seconds } = this.#sofar
    return `${new Date().toISOString()} ${total} requests, ${Math.round(total / seconds)} a second, memory ${mib(resident)} (heap ${mib(heap)}), failures ${this.#failures.length}`
  }

  get #sofar(): { total: number; seconds: number } {
    const total = [...this.#outcomes.values()].reduce((sum, count) => sum + count, 0)
    return { total, seconds: (performance.now() - this.#begun) / 1000 }
  }

  text(): string {
    const { total, seconds } = this.#sofar
    const outcomes = [...this.#outcomes].sort(([a], [b]) => a.localeCompare(b))
    const memory = this.memory.map(
      ({ resident, heap, external }) => `${mib(resident)} (heap ${mib(heap)}, external ${mib(external)})`,
    )
    return [
      `seed ${this.#seed}: ${total} requests in ${seconds.toFixed(1)} s, ${Math.round(total / seconds)} a second`,
      `answers: ${outcomes.map(([name, count]) => `${name}: ${count}`).join(', ')}`,
      `deaths: ${this.deaths}, failures: ${this.#failures.length}`,
      `health: ${this.#healthChecks} checks, the slowest took ${this.#slowestHealthMs.toFixed(0)} ms`,
      `repaired ${this.#repairs} times what requests had changed, failed to ${this.#failedRepairs} times${this.#lastRepairError && `, lastly: ${this.#lastRepairError.slice(0, 300)}`}`,
      `CPU: ${(process.cpuUsage().user / 1e6).toFixed(1)} s here, ${this.memory.at(-1)?.cpu.toFixed(1)} s in the gateway, its start included`,
      `memory after a tenth, a half and all: ${memory.join(', ')}${this.#grew ? ': it grew' : ''}`,
    ].join('\n')
  }
}
