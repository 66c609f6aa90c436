/**
 * Memory for bodies that pass through. The garbage collector sees small objects and not the bytes behind them: left to
 * it, 64 MiB and more of unused memory pile up (`docs/decisions/0009-bodies-give-their-memory-back.md`).
 */

/** A ring of a few buffers of one size, each allocated on first use. Dispose of it when no buffer is in use. */
export class Blocks implements Disposable {
  /** Bytes in each block. */
  readonly size: number
  readonly #count: number
  readonly #ring: Buffer[] = []
  #turn = 0

  constructor(of: { readonly count: number; readonly size: number }) {
    this.size = of.size
    this.#count = of.count
  }

  /** Returns the next block, which still holds what was written to it `count` turns ago. */
  next(): Buffer {
    const turn = this.#turn
    this.#turn = (turn + 1) % this.#count
    this.#ring[turn] ??= Buffer.allocUnsafeSlow(this.size)
    return this.#ring[turn]
  }

  [Symbol.dispose](): void {
    for (const block of this.#ring.splice(0)) release(block)
  }
}

/**
 * Yields the body copied into blocks; the last one is shortened to what it holds. Each step overwrites the block that
 * was yielded as many steps ago as there are blocks.
 *
 * @param done - called with each chunk of the body once it was copied.
 */
export async function* inBlocks<Chunk extends Uint8Array>(
  body: AsyncIterable<Chunk>,
  blocks: Blocks,
  done?: (chunk: Chunk) => void,
): AsyncGenerator<Uint8Array> {
  let block: Buffer | null = null
  let filled = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      block ??= blocks.next()
      const end = Math.min(chunk.length, at + blocks.size - filled)
      block.set(chunk.subarray(at, end), filled)
      filled += end - at
      at = end
      if (filled < blocks.size) continue
      yield block
      block = null
      filled = 0
    }
    done?.(chunk)
  }
  if (block) yield block.subarray(0, filled)
}

/** Frees a chunk's memory at once if the chunk covers its whole buffer. The chunk is empty afterwards. */
export function release({ buffer, byteLength }: Uint8Array): void {
  // An empty chunk has no memory to free, and may be a shared constant.
  if (byteLength > 0 && buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}
