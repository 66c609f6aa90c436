import type { Form } from './options.ts'

/** What is printed around a difference, before its time and after it. */
const AROUND_MS = 15_000

interface Event {
  readonly at: number
  readonly what: string
}

/** What happened, what was wrong, and the lines that say so. */
export class Report {
  readonly form: Form
  readonly differences: string[] = []
  readonly #replay: string
  readonly #begun = Date.now()
  readonly #events: Event[] = []
  readonly #said = new Set<string>()

  /** @param replay - the command that causes the same faults again. */
  constructor(form: Form, replay: string) {
    this.form = form
    this.#replay = replay
  }

  say(line: string): void {
    console.log(`[${this.form}] ${line}`)
  }

  /** A fault, or its end: it is shown beside differences of its time. */
  note(what: string): void {
    this.#events.push({ at: Date.now(), what })
  }

  /**
   * Something is not as it must be. The same sentence counts once.
   *
   * @param from - when that began, in milliseconds since 1970.
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

  /** Minutes and seconds since the start. */
  #clock(at: number): string {
    const seconds = Math.max(0, (at - this.#begun) / 1000)
    return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`
  }
}
