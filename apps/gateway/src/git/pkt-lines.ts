/** Bytes of a pkt-line with its length. */
const LARGEST = 65_520
/** Bytes of what one side band carries at a time. */
const LARGEST_PIECE = LARGEST - 5

/** What a client sent is not pkt-lines, or too much of them. */
export class MalformedLines extends Error {}

export const FLUSH = Buffer.from('0000')

/** Returns a pkt-line of a text or bytes. */
export function pktLine(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as string)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

/** Returns pkt-lines of a side band: 1 is the answer, 2 is for people, 3 a failure that ends all. */
export function sideBand(band: 1 | 2 | 3, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as string)
  const lines: Buffer[] = []
  for (let at = 0; at < bytes.length; at += LARGEST_PIECE) {
    lines.push(pktLine(Buffer.concat([Buffer.from([band]), bytes.subarray(at, at + LARGEST_PIECE)])))
  }
  return Buffer.concat(lines)
}

/** Reads pkt-lines from the beginning of a body, and then the rest of it as it is. */
export class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)
  #left: number

  /** @param most - bytes of all lines together. */
  constructor(body: AsyncIterable<Uint8Array>, most: number) {
    this.#chunks = body[Symbol.asyncIterator]()
    this.#left = most
  }

  /**
   * Returns the content of the next line; null for a flush, undefined at the end of the body.
   *
   * @throws MalformedLines
   */
  async line(): Promise<Buffer | null | undefined> {
    if (!(await this.#hold(4))) {
      if (this.#held.length === 0) return undefined
      throw new MalformedLines('the body ends within the length of a line')
    }
    const digits = this.#held.subarray(0, 4).toString('latin1')
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw new MalformedLines('a line has no length')
    const length = Number.parseInt(digits, 16)
    if (length === 0) {
      this.#held = this.#held.subarray(4)
      return null
    }
    if (length < 4 || length > LARGEST) throw new MalformedLines('a line has an impossible length')
    this.#left -= length
    if (this.#left < 0) throw new MalformedLines('the lines are too many')
    if (!(await this.#hold(length))) throw new MalformedLines('the body ends within a line')
    const content = this.#held.subarray(4, length)
    this.#held = this.#held.subarray(length)
    return content
  }

  /** Returns what follows the lines. */
  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#held.length > 0) yield this.#held
    for (;;) {
      const next = await this.#chunks.next()
      if (next.done) return
      yield next.value
    }
  }

  async #hold(bytes: number): Promise<boolean> {
    while (this.#held.length < bytes) {
      const next = await this.#chunks.next()
      if (next.done) return false
      this.#held = Buffer.concat([this.#held, next.value])
    }
    return true
  }
}
