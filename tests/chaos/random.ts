import { createHash } from 'node:crypto'

/** Pseudo-random numbers that depend only on their seed. */
export class Random {
  #state: number

  constructor(...seed: readonly (string | number)[]) {
    this.#state = createHash('sha256').update(seed.join('/')).digest().readUInt32LE(0)
  }

  /** Returns a number from 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  /** Returns a whole number, both ends included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item {
    const item = items[this.whole(0, items.length - 1)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, at: this.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz 0123456789 äöü→世界\n'
const TEXT_BYTES = 2 ** 21
let text: Buffer | null = null

/** Returns text of `bytes` bytes with characters of one to three bytes; the last one may be cut. */
export function someText(random: Random, bytes: number): Buffer {
  text ??= makeText()
  const pieces: Buffer[] = []
  for (let left = bytes; left > 0; ) {
    const from = random.whole(0, TEXT_BYTES - 1)
    const piece = text.subarray(from, from + Math.min(left, TEXT_BYTES))
    pieces.push(piece)
    left -= piece.length
  }
  return Buffer.concat(pieces)
}

function makeText(): Buffer {
  const random = new Random('text')
  const letters = [...LETTERS]
  const made: string[] = []
  for (let bytes = 0; bytes < TEXT_BYTES; ) {
    const letter = random.pick(letters)
    made.push(letter)
    bytes += Buffer.byteLength(letter)
  }
  return Buffer.from(made.join('')).subarray(0, TEXT_BYTES)
}
