import { MOST_SPANS } from './line-change.ts'
import { PREFIX_LENGTH, REGULAR_PREFIX } from './stamps.ts'

/** A line of a shorter text can't exceed the parser's limit of styles: each takes four bytes. */
export const MOST_PLAIN_BYTES = 4 * MOST_SPANS

const ESC = String.fromCharCode(0x1b)
/** Moves the cursor, or erases. Erasing to the right of the last text does nothing. */
const MOVE = new RegExp(`${ESC}\\[(?:[0-9;]*[A-HJdf\`]|0*[12][;0-9]*K)|\\x08`)
const SEQUENCE = new RegExp(`${ESC}\\[[ -?]*[@-~]`, 'g')
const PREFIX = new RegExp(`${REGULAR_PREFIX}[+ ]`, 'y')

/**
 * Returns the plain text of whole stored lines, joined by `\n`, as the parser would return it but many times faster.
 * Returns null when only the parser can decide: when there are section markers, progress bars, moves of the cursor,
 * unusual escape sequences, or lines that continue behind those of other streams.
 *
 * @param stored - from the start of a line to the end of another, at most `MOST_PLAIN_BYTES` bytes.
 * @param stamped - whether the log's lines have time stamps.
 */
export function plainLines(stored: string, stamped: boolean): string | null {
  let text: string | null = stored.endsWith('\n') ? stored.slice(0, -1) : stored
  if (stamped) text = withoutPrefixes(text)
  if (text === null || text.includes('section_')) return null
  // Before a sequence, and anywhere but at a line's end, a carriage return clears the line.
  if (text.includes('\r')) text = `${text}\n`.replace(/(?<!\r)\r+\n/g, '\n').slice(0, -1)
  if (text.includes('\r')) return null
  if (MOVE.test(text)) return null
  if (text.includes(ESC)) text = text.replace(SEQUENCE, '')
  if (text.includes(ESC)) return null
  return text
}

/** Returns null when a line continues another than the one directly before it. */
function withoutPrefixes(stored: string): string | null {
  let text = ''
  let stream = ''
  for (let at = 0; at <= stored.length; ) {
    const next = stored.indexOf('\n', at)
    const end = next === -1 ? stored.length : next
    PREFIX.lastIndex = at
    const isStamped = PREFIX.test(stored)
    const before = stream
    stream = isStamped ? stored.slice(at + 28, at + 31) : ''
    const goesOn = isStamped && stored[at + PREFIX_LENGTH - 1] === '+'
    if (goesOn && stream !== before && at > 0) return null
    if (at > 0 && !goesOn) text += '\n'
    text += stored.slice(isStamped ? at + PREFIX_LENGTH : at, end)
    at = end + 1
  }
  return text
}
