import type { Form } from './options.ts'

/** History within this time before and after a difference is printed with it. */
const AROUND_MS = 15_000

interface Event {
  readonly at: number
  readonly what: string
}

/** The history of a run, the differences found, and the output. */
export class Report {
  readonly form: Form
  readonly differences: string[] = []
  readonly #replay: string
  readonly #begun = Date.now()
  readonly #events: Event[] = []
  readonly #said = new Set<string>()

  /** @param replay - the command that repeats the same faults. */
  constructor(form: Form, replay: string) {
    this.form = form
    this.#replay = replay
  }

  say(line: string): void {
    console.log(`[${this.form}] ${line}`)
  }

  /** Notes a fault, or its end, to be shown with differences of the same time. */
  note(what: string): void {
    this.#events.push({ at: Date.now(), what })
  }

  /**
   * Reports a difference. The same sentence counts once.
   *
   * @param from - when the difference began, in milliseconds since 1970.
   */
  difference(sentence: string, from = Date.now(), to = Date.now()): void {
    if (this.#said.has(sentence)) return
    this.#said.add(sentence)
    this.differences.push(sentence)
    const around = this.#events.filter(({ at }) => at >= from - AROUND_MS && at <= to + AROUND_MS)
    this.say(`DIFFERENCE (from ${this.#clock(from)} to ${this.#clock(to)}): ${sentence}`)
    for (const { at, what } of around) this.say(`    ${this.#clock(at)}  ${what}`)
    this.say(`    again: ${this.#replay}`)
  }

  /** Returns minutes and seconds since the start. */
  #clock(at: number): string {
    const seconds = Math.max(0, (at - this.#begun) / 1000)
    return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`
  }
}
