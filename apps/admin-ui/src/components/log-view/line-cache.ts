import { type Line, plainText } from '@yardmaster/trace-format'

/** Lines are evicted this many at a time. */
const BLOCK = 256

export interface CacheBounds {
  readonly lines: number
  /** UTF-16 units of text. */
  readonly text: number
}

interface Block {
  readonly lines: Map<number, { readonly line: Line; readonly size: number }>
  size: number
}

/** A bounded cache of log lines by number; the least recently used are evicted first. */
export class LineCache {
  readonly #bounds: CacheBounds
  /** The most recently used block is at the end. */
  readonly #blocks = new Map<number, Block>()
  #lines = 0
  #text = 0

  constructor(bounds: CacheBounds = { lines: 24_000, text: 12_000_000 }) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#lines
  }

  get(number: number): Line | undefined {
    return this.#blocks.get(blockOf(number))?.lines.get(number)?.line
  }

  /** Stores lines. Replaces those already there, which may have been unfinished. */
  put(lines: readonly Line[]): void {
    for (const line of lines) {
      const key = blockOf(line.number)
      let block = this.#blocks.get(key)
      if (!block) {
        block = { lines: new Map(), size: 0 }
        this.#blocks.set(key, block)
      }
      const before = block.lines.get(line.number)
      // A span takes more memory than its text.
      const size = plainText(line).length + 32 * line.spans.length
      block.lines.set(line.number, { line, size })
      const grown = size - (before?.size ?? 0)
      block.size += grown
      this.#text += grown
      if (!before) this.#lines += 1
      if (this.#lines > this.#bounds.lines || this.#text > this.#bounds.text) this.#dropOldest(key)
    }
  }

  /** Marks lines as used, so that they are evicted last. */
  touch(lines: readonly number[]): void {
    let touched = -1
    for (const line of lines) {
      const key = blockOf(line)
      if (key === touched) continue
      touched = key
      const block = this.#blocks.get(key)
      if (!block) continue
      this.#blocks.delete(key)
      this.#blocks.set(key, block)
    }
  }

  clear(): void {
    this.#blocks.clear()
    this.#lines = 0
    this.#text = 0
  }

  #dropOldest(kept: number): void {
    for (const [key, block] of this.#blocks) {
      if (this.#lines <= this.#bounds.lines && this.#text <= this.#bounds.text) return
      if (key === kept) continue
      this.#blocks.delete(key)
      this.#lines -= block.lines.size
      this.#text -= block.size
    }
  }
}

const blockOf = (line: number): number => Math.floor((line - 1) / BLOCK)
