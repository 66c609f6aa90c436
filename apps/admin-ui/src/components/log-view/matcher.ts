import type { LineMatches, LinesToMatch } from './match-worker.ts'

/** Finds matches in lines that are on screen. */
export interface Matcher {
  /** Resolves with those of some of the lines, the first at least; null if that can't be said. */
  match(lines: LinesToMatch): Promise<LineMatches | null>
  /** Whatever is going on is of no interest any more. */
  stop(): void
  /** Nothing is kept until it is needed again. */
  close(): void
}

/**
 * Regular expressions with the server's own engine, so that marks agree with what it found, in a thread of its own: its
 * time grows with the text only, but for a large pattern and a long line that may still be more than a frame has.
 */
export class WorkerMatcher implements Matcher {
  #worker: Worker | null = null
  #answer: ((matches: LineMatches | null) => void) | null = null

  match(lines: LinesToMatch): Promise<LineMatches | null> {
    this.stop()
    const worker = this.#worker ?? this.#start()
    return new Promise((resolve) => {
      this.#answer = resolve
      worker.postMessage(lines)
    })
  }

  stop(): void {
    if (this.#answer) this.close()
  }

  close(): void {
    this.#worker?.terminate()
    this.#worker = null
    this.#settle(null)
  }

  #start(): Worker {
    const worker = new Worker(new URL('./match-worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<LineMatches>) => this.#settle(data))
    worker.addEventListener('error', () => {
      if (this.#worker === worker) this.#worker = null
      this.#settle(null)
    })
    this.#worker = worker
    return worker
  }

  #settle(matches: LineMatches | null): void {
    const answer = this.#answer
    this.#answer = null
    answer?.(matches)
  }
}
