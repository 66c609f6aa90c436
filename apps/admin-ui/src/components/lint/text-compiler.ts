import type { TextFaults } from './compile-worker.ts'

/** Milliseconds after which a text is given up: the server will say what is wrong with it. */
const LONGEST_MS = 5_000

/** Finds the faults of a text in a thread of its own, so that typing is never held up. */
export class TextCompiler {
  #worker: Worker | null = null
  #timer = 0
  #isBusy = false
  #next: string | null = null
  #found: (text: string, faults: TextFaults) => void
  #text = ''

  /** @param found - receives the faults of a text, unless a newer one came meanwhile. */
  constructor(found: (text: string, faults: TextFaults) => void) {
    this.#found = found
  }

  /** Compiles a text; one that still waits is skipped. */
  check(text: string): void {
    if (this.#isBusy) {
      this.#next = text
      return
    }
    this.#isBusy = true
    this.#text = text
    this.#worker ??= this.#start()
    this.#timer = window.setTimeout(() => this.#restart(), LONGEST_MS)
    this.#worker.postMessage(text)
  }

  close(): void {
    window.clearTimeout(this.#timer)
    this.#worker?.terminate()
    this.#worker = null
    this.#isBusy = false
    this.#next = null
  }

  #start(): Worker {
    const worker = new Worker(new URL('./compile-worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<TextFaults>) => {
      window.clearTimeout(this.#timer)
      if (this.#next === null) this.#found(this.#text, data)
      this.#goOn()
    })
    worker.addEventListener('error', () => this.#restart())
    return worker
  }

  #restart(): void {
    const next = this.#next
    this.close()
    this.#next = next
    this.#goOn()
  }

  #goOn(): void {
    this.#isBusy = false
    const next = this.#next
    this.#next = null
    if (next !== null) this.check(next)
  }
}
