import type { TraceLines } from '../../lib/api.ts'

type Totals = Pick<TraceLines, 'size' | 'indexedBytes' | 'indexedLines' | 'totalLines'>

/** How much of a log there is, as far as the server has told. */
export class Extent {
  /** Whether it has told anything. */
  known = false
  /** Bytes stored. */
  size = 0
  #indexedBytes = 0
  #indexedLines = 0
  #totalLines: number | null = null

  learn({ size, indexedBytes, indexedLines, totalLines }: Totals): void {
    this.grow(size)
    this.#indexedBytes = indexedBytes
    this.#indexedLines = Math.max(this.#indexedLines, indexedLines)
    if (totalLines !== null) this.#totalLines = Math.max(totalLines, this.#totalLines ?? 0)
  }

  grow(size: number): void {
    this.known = true
    this.size = Math.max(this.size, size)
  }

  /** Lines there are for sure. */
  get lines(): number {
    return this.#totalLines ?? this.#indexedLines
  }

  /** Whether those are all of them. */
  get counted(): boolean {
    return this.#totalLines !== null
  }

  /** What share of the log the server has looked through, in whole per cent. */
  get percent(): number {
    return this.size === 0 ? 100 : Math.floor((this.#indexedBytes / this.size) * 100)
  }

  /** The log is another one now. */
  forget(): void {
    this.size = 0
    this.#indexedBytes = 0
    this.#indexedLines = 0
    this.#totalLines = null
  }
}
