import type { ConfigTexts, TextFindings } from './compile-worker.ts'

/** Milliseconds after which a configuration is given up: the server will say what is wrong with it. */
const LONGEST_MS = 5_000

/** Finds the faults of a configuration in a thread of its own, so that typing is never held up. */
export class TextCompiler {
  #worker: Worker | null = null
  #timer = 0
  #isBusy = false
  #next: ConfigTexts | null = null
  #found: (texts: ConfigTexts, findings: TextFindings) => void
  #texts: ConfigTexts | null = null

  /** @param found - receives what was found in a configuration, unless a newer one came meanwhile. */
  constructor(found: (texts: ConfigTexts, findings: TextFindings) => void) {
    this.#found = found
  }

  /** Compiles a configuration; one that still waits is skipped. */
  check(texts: ConfigTexts): void {
    if (this.#isBusy) {
      this.#next = texts
      return
    }
    this.#isBusy = true
    this.#texts = texts
    this.#worker ??= this.#start()
    this.#timer = window.setTimeout(() => this.#restart(), LONGEST_MS)
    this.#worker.postMessage(texts)
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
    worker.addEventListener('message', ({ data }: MessageEvent<TextFindings>) => {
      window.clearTimeout(this.#timer)
      if (this.#next === null && this.#texts) this.#found(this.#texts, data)
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
