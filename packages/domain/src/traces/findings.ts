import type { TextMatch } from '@yardmaster/trace-format'

const MOST_BUCKETS = 512
const SNIPPET_BEFORE = 60
const SNIPPET_LENGTH = 240

export interface TraceMatch extends TextMatch {
  readonly line: number
  /** The text around the match, from `snippetStart` on; `start` and `end` are offsets in the whole line. */
  readonly snippet: string
  readonly snippetStart: number
}

/** The matches found so far: a bounded list, and counts for everything. */
export class Findings {
  readonly matches: TraceMatch[] = []
  readonly #limit: number
  #counts = new Map<number, number>()
  bucketLines = 1
  /** The number of lines that have a match. */
  lines = 0
  /** The first line whose matches are not listed. */
  nextLine: number | null = null

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.matches.length >= this.#limit
  }

  list(line: number, text: string, matches: readonly TextMatch[]): void {
    if (matches.length === 0) return
    this.#countIn(line)
    for (const { start, end } of matches) {
      const snippetStart = Math.max(0, start - SNIPPET_BEFORE)
      const snippet = text.slice(snippetStart, snippetStart + SNIPPET_LENGTH)
      this.matches.push({ line, start, end, snippet, snippetStart })
    }
  }

  count(line: number): void {
    this.#countIn(line)
    this.nextLine ??= line
  }

  buckets(): { line: number; count: number }[] {
    return [...this.#counts].map(([bucket, count]) => ({ line: bucket * this.bucketLines + 1, count }))
  }

  #countIn(line: number): void {
    const bucket = Math.floor((line - 1) / this.bucketLines)
    this.lines += 1
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    while (this.#counts.size > MOST_BUCKETS) {
      const wider = new Map<number, number>()
      for (const [at, counted] of this.#counts) {
        const half = Math.floor(at / 2)
        wider.set(half, (wider.get(half) ?? 0) + counted)
      }
      this.#counts = wider
      this.bucketLines *= 2
    }
  }
}
