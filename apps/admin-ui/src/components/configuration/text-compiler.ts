import type { ConfigTexts, TextFindings } from './compile-worker.ts'

/** Milliseconds after which the compilation is stopped: the machine may have stood still, so that it is tried again. */
const LONGEST_MS = 5_000
/** Times after which a configuration is given up: the server will say what is wrong with it. */
const MOST_TRIES = 3

/** Finds the faults of a configuration in a thread of its own, so that typing is never held up. */
export class TextCompiler {
  #worker: Worker | null = null
  #isReady = false
  #timer = 0
  #tries = 0
  /** What is compiled, and what comes after it. */
  #current: ConfigTexts | null = null
  #next: ConfigTexts | null = null
  readonly #found: (texts: ConfigTexts, findings: TextFindings) => void

  /** @param found - receives what was found in a configuration, unless a newer one came meanwhile. */
  constructor(found: (texts: ConfigTexts, findings: TextFindings) => void) {
    this.#found = found
  }

  /** Compiles a configuration; one that still waits is skipped. */
  check(texts: ConfigTexts): void {
    if (this.#current) {
      this.#next = texts
      return
    }
    this.#current = texts
    this.#tries = 0
    this.#send()
  }

  close(): void {
    this.#stop()
    this.#current = null
    this.#next = null
  }

  /** Sends what is to be compiled, once the thread is ready. Only then its time begins: loading it may take longer. */
  #send(): void {
    this.#worker ??= this.#start()
    if (!this.#isReady) return
    this.#tries++
    this.#timer = window.setTimeout(() => this.#tryAgain(), LONGEST_MS)
    this.#worker.postMessage(this.#current)
  }

  #start(): Worker {
    const worker = new Worker(new URL('./compile-worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<TextFindings | null>) => {
      if (data === null) {
        this.#isReady = true
        return this.#send()
      }
      window.clearTimeout(this.#timer)
      if (this.#next === null && this.#current) this.#found(this.#current, data)
      this.#goOn()
    })
    worker.addEventListener('error', () => {
      this.#tries++
      this.#tryAgain()
    })
    return worker
  }

  #tryAgain(): void {
    this.#stop()
    if (this.#next === null && this.#tries < MOST_TRIES) this.#send()
    else this.#goOn()
  }

  #stop(): void {
    window.clearTimeout(this.#timer)
    this.#worker?.terminate()
    this.#worker = null
    this.#isReady = false
  }

  #goOn(): void {
    const next = this.#next
    this.#current = null
    this.#next = null
    if (next !== null) this.check(next)
  }
}
