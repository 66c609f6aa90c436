import type { LineMatches, LinesToMatch } from './match-worker.ts'

/** Finds matches in lines that are on screen. */
export interface Matcher {
  /** Resolves with the matches of some of the lines, at least the first; null when the search failed or was stopped. */
  match(lines: LinesToMatch): Promise<LineMatches | null>
  /** Abandons the search that is under way. */
  stop(): void
  /** Frees all resources until the next search. */
  close(): void
}

/**
 * Finds regular expressions with the server's engine, so that marks agree with the server's results. It runs in a
 * thread of its own: its time is linear in the text, but a large pattern and a long line can still exceed a frame.
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
