import type { Ports } from '../ports.ts'
import { readWindow } from './read-trace.ts'

const WINDOW_BYTES = 262_144
/** A longer line is returned in parts that overlap by this much. */
const LONGEST_BYTES = 1_048_576
const OVERLAP_BYTES = 1_024
const LINE_FEED = 0x0a

/**
 * Yields the stored lines of a finished log from the last one to the first, those of one window at a time and without
 * their line feeds. Holds little more than one window.
 */
export async function* linesFromEnd(
  ports: Pick<Ports, 'traces' | 'objects'>,
  jobId: number,
  size: number,
): AsyncGenerator<readonly string[]> {
  /** The end of a line that begins in an earlier window. */
  let rest: Buffer = Buffer.alloc(0)
  for (let to = size; to > 0; to -= WINDOW_BYTES) {
    const from = Math.max(0, to - WINDOW_BYTES)
    const window = Buffer.concat([await readWindow(ports, jobId, { from, to }), rest])
    const begin = from === 0 ? 0 : window.indexOf(LINE_FEED) + 1
    const isWhole = from === 0 || begin > 0
    if (isWhole) {
      yield window.subarray(begin).toString('utf8').split('\n').reverse()
      rest = window.subarray(0, Math.max(0, begin - 1))
    } else if (window.length > LONGEST_BYTES) {
      yield [window.toString('utf8')]
      rest = window.subarray(0, OVERLAP_BYTES)
    } else {
      rest = window
    }
  }
}
