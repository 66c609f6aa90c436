import { CoverageSearch } from '@yardmaster/ci-config'
import { PREFIX_LENGTH, prefixAt, streamOf } from '@yardmaster/trace-format'
import type { Ports } from '../ports.ts'
import { Slices } from '../slices.ts'
import { linesFromEnd } from './lines-from-end.ts'

const ESC = String.fromCharCode(0x1b)
const SEQUENCE = new RegExp(`${ESC}\\[[ -?]*[@-~]`, 'g')
const MARKER = /section_(?:start|end):\d+:[^\r]*\r/g
/** Most characters of the ends of lines whose beginnings are still to come. */
const MOST_HELD = 65_536

/**
 * Returns the coverage that a finished log states: the first number in the last match. Each line is searched as people
 * see it, without colours, section markers and time stamps, and then as it was printed.
 *
 * @param pattern - the expression of `coverage`, without slashes.
 * @returns null when there is no match, the expression is invalid, or it takes too much work.
 * @see `docs/pipelines.md#coverage`
 */
export async function findCoverage(
  ports: Pick<Ports, 'traces' | 'objects'>,
  { jobId, size, pattern }: { readonly jobId: number; readonly size: number; readonly pattern: string },
): Promise<number | null> {
  const search = CoverageSearch.of(pattern)
  if (!search) return null
  const slices = new Slices()
  const held = new HeldEnds()
  for await (const lines of linesFromEnd(ports, jobId, size)) {
    for (const stored of lines) {
      if (search.isOver) return null
      if (slices.due) await slices.next()
      const line = held.take(stored.endsWith('\r') ? stored.slice(0, -1) : stored)
      const number = line === null ? null : await slices.run(numberIn(line, search))
      if (number !== null) return number
    }
  }
  for (const line of held.left()) {
    const number = await slices.run(numberIn(line, search))
    if (number !== null) return number
  }
  return null
}

function* numberIn(line: string, search: CoverageSearch): Generator<void, number | null> {
  for (const form of formsOf(line)) {
    const number = yield* search.numberIn(form)
    if (number !== null) return number
  }
  return null
}

/** Returns the forms of a line to search, in order. */
function formsOf(line: string): readonly string[] {
  const printed = line.includes('section_') ? `${line}\r`.replace(MARKER, '') : line
  const plain = printed.includes(ESC) ? printed.replace(SEQUENCE, '') : printed
  // What follows a carriage return is written over what precedes it.
  const shown = plain.includes('\r') ? plain.split('\r').reverse() : [plain]
  return plain === printed && shown.length === 1 ? shown : [...shown, printed]
}

/** Joins lines with time stamps that continue an earlier line of their stream, read from the last to the first. */
class HeldEnds {
  readonly #ends = new Map<string, string>()
  #length = 0

  /** Returns the ends of lines whose beginnings were not found. */
  left(): Iterable<string> {
    return this.#ends.values()
  }

  /** Returns a whole line without its time stamp, or null when it continues a line that is still to come. */
  take(stored: string): string | null {
    const prefix = prefixAt(stored, 0)
    if (prefix === null || prefix === 'unfinished') return stored
    const stream = streamOf(prefix.stamp)
    const end = this.#ends.get(stream) ?? ''
    const text = stored.slice(PREFIX_LENGTH) + end
    this.#ends.delete(stream)
    this.#length -= end.length
    if (!prefix.continues || this.#length + text.length > MOST_HELD) return text
    this.#ends.set(stream, text)
    this.#length += text.length
    return null
  }
}
