/** `$[[ … ]]` in a text. */
export interface FoundBlock {
  /** All of it, as written. */
  readonly text: string
  /** What stands between the brackets, without the blanks around it. */
  readonly inside: string
}

const OPENING = '$[['
const CLOSING = ']]'

const isBlank = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\n' || character === '\r' || character === '\f'

/**
 * Returns the blocks of a text, from left to right. What stands inside has two characters or more and no line break. Takes
 * time linear in the text, which a regular expression would not: a text of openings that never close would be searched to
 * its end from each of them.
 */
export function findBlocks(text: string): FoundBlock[] {
  const blocks: FoundBlock[] = []
  const marks = new Marks(text)
  let start = text.indexOf(OPENING)
  while (start >= 0) {
    const block = blockAt(text, start, marks)
    if (block === 'unclosed') break
    if (block !== null) blocks.push(block)
    start = text.indexOf(OPENING, start + (block?.text.length ?? 1))
  }
  return blocks
}

function blockAt(text: string, start: number, marks: Marks): FoundBlock | 'unclosed' | null {
  let first = start + OPENING.length
  while (isBlank(text[first])) first += 1
  let close = marks.closingFrom(first + 2)
  while (close >= 0 && marks.lastBefore(close) <= first) close = text.indexOf(CLOSING, close + 1)
  if (close < 0) return 'unclosed'
  const last = marks.lastBefore(close)
  const lineBreak = marks.lineBreakFrom(first)
  if (lineBreak >= 0 && lineBreak < last) return null
  return { text: text.slice(start, close + CLOSING.length), inside: text.slice(first, last + 1) }
}

/** Finds brackets and line breaks from places that move to the right, without searching any part twice. */
class Marks {
  readonly #text: string
  #closing = { from: 0, found: -2 }
  #lineBreak = { from: 0, found: -2 }
  #last = { end: -1, found: -1 }

  constructor(text: string) {
    this.#text = text
  }

  closingFrom(offset: number): number {
    if (!isCurrent(this.#closing, offset)) {
      this.#closing = { from: offset, found: this.#text.indexOf(CLOSING, offset) }
    }
    return this.#closing.found
  }

  lineBreakFrom(offset: number): number {
    if (!isCurrent(this.#lineBreak, offset)) {
      this.#lineBreak = { from: offset, found: this.#text.indexOf('\n', offset) }
    }
    return this.#lineBreak.found
  }

  /** Returns the position of the last non-blank character before an end. */
  lastBefore(end: number): number {
    if (this.#last.end !== end) {
      let found = end - 1
      while (isBlank(this.#text[found])) found -= 1
      this.#last = { end, found }
    }
    return this.#last.found
  }
}

/** Whether the place found from one offset is also the first from another. */
const isCurrent = ({ from, found }: { from: number; found: number }, offset: number): boolean =>
  offset >= from && (found === -1 || offset <= found)
