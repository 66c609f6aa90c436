import type { Stamp } from './line.ts'

/** The length of every prefix in characters (`docs/protocol/trace.md 10`). */
export const PREFIX_LENGTH = 32

export interface Prefix {
  readonly stamp: Stamp
  /** The line continues the last one of its stream, whatever other streams wrote since. */
  readonly continues: boolean
}

/** The prefix as part of a regular expression, without its last character. */
export const REGULAR_PREFIX = '\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-5]\\d\\.\\d{6}Z [0-9a-f]{2}[EO]'
const PREFIX = new RegExp(`^${REGULAR_PREFIX}[+ ]$`)
/** A valid prefix, which supplies the missing end of a begun one. */
const SAMPLE = '2024-05-14T11:43:19.997683Z 00O '

/** Returns the prefix at `at`, null if there is none, or `unfinished` if the text ends too early to decide. */
export function prefixAt(text: string, at: number): Prefix | null | 'unfinished' {
  const found = text.slice(at, at + PREFIX_LENGTH)
  if (!PREFIX.test(found + SAMPLE.slice(found.length))) return null
  if (found.length < PREFIX_LENGTH) return 'unfinished'
  const stamp: Stamp = {
    time: found.slice(0, 27),
    stream: found.slice(28, 30),
    channel: found[30] === 'E' ? 'err' : 'out',
  }
  return { stamp, continues: found[31] === '+' }
}

/** Returns the name of a stream: for each number the runner has one stream for standard output and one for errors. */
export const streamOf = ({ stream, channel }: Stamp): string => `${stream}${channel === 'err' ? 'E' : 'O'}`
