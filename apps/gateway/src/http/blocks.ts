/**
 * Memory of bodies that pass through. The garbage collector sees little objects before the bytes behind them: left to
 * it, 64 MiB and more of what nobody needs any longer pile up (`docs/decisions/0009-bodies-give-their-memory-back.md`).
 */

/** A few buffers of one size that take turns, each made when it is first needed. Disposed of when none is in use. */
export class Blocks implements Disposable {
  /** Bytes of each. */
  readonly size: number
  readonly #count: number
  readonly #ring: Buffer[] = []
  #turn = 0

  constructor(of: { readonly count: number; readonly size: number }) {
    this.size = of.size
    this.#count = of.count
  }

  /** With whatever was in it `count` turns ago. */
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
 * The body copied into blocks, the last one cut off where it ends. Asking for a block overwrites the one that many
 * places behind.
 *
 * @param done - is given each chunk of the body once it was copied.
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

/** Gives a chunk's memory back at once, if it is all that its buffer holds. The chunk is empty afterwards. */
export function release({ buffer, byteLength }: Uint8Array): void {
  // An empty chunk has nothing to give, and may stand for "none" in many places.
  if (byteLength > 0 && buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}
