import type { TraceLines } from '../../lib/api.ts'

type Totals = Pick<TraceLines, 'size' | 'indexedBytes' | 'indexedLines' | 'totalLines' | 'firstStamp'>

/** The size of a log, as last reported by the server. */
export class Extent {
  /** Whether the server has reported anything. */
  known = false
  /** Bytes stored. */
  size = 0
  /** The first time stamp, in milliseconds of the runner's clock; null until known. */
  firstStamp: number | null = null
  #indexedBytes = 0
  #indexedLines = 0
  #totalLines: number | null = null

  learn({ size, indexedBytes, indexedLines, totalLines, firstStamp }: Totals): void {
    this.grow(size)
    this.#indexedBytes = indexedBytes
    this.#indexedLines = Math.max(this.#indexedLines, indexedLines)
    if (firstStamp !== null) this.firstStamp = Date.parse(firstStamp)
    if (totalLines !== null) this.#totalLines = Math.max(totalLines, this.#totalLines ?? 0)
  }

  grow(size: number): void {
    this.known = true
    this.size = Math.max(this.size, size)
  }

  /** Number of lines, at least. */
  get lines(): number {
    return this.#totalLines ?? this.#indexedLines
  }

  /** Whether `lines` is the exact number. */
  get counted(): boolean {
    return this.#totalLines !== null
  }

  /** The share of the log that the server has indexed, in whole per cent. */
  get percent(): number {
    return this.size === 0 ? 100 : Math.floor((this.#indexedBytes / this.size) * 100)
  }

  /** Resets everything: the log was replaced by another one. */
  forget(): void {
    this.size = 0
    this.firstStamp = null
    this.#indexedBytes = 0
    this.#indexedLines = 0
    this.#totalLines = null
  }
}
