import type { Stamp } from './line.ts'

/** Every prefix has exactly so many characters (`docs/protocol/trace.md 10`). */
export const PREFIX_LENGTH = 32

export interface Prefix {
  readonly stamp: Stamp
  /** The line goes on where the last one of its stream ended, whatever other streams wrote since. */
  readonly continues: boolean
}

/** As part of a regular expression, without the last character. */
export const REGULAR_PREFIX = '\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-5]\\d\\.\\d{6}Z [0-9a-f]{2}[EO]'
const PREFIX = new RegExp(`^${REGULAR_PREFIX}[+ ]$`)
/** A prefix that fits: what is missing of a begun one is filled in from it. */
const SAMPLE = '2024-05-14T11:43:19.997683Z 00O '

/** The prefix at `at`, null if there is none, `unfinished` if the text ends before that can be said. */
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

/** What tells streams apart: the runner opens one for the standard output of a number, and one for its errors. */
export const streamOf = ({ stream, channel }: Stamp): string => `${stream}${channel === 'err' ? 'E' : 'O'}`
