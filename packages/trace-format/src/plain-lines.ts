import { MOST_SPANS } from './parser.ts'
import { REGULAR_PREFIX } from './stamps.ts'

/** Shorter texts can't have more styles in a line than the parser keeps: each takes four bytes. */
export const MOST_PLAIN_BYTES = 4 * MOST_SPANS

const ESC = String.fromCharCode(0x1b)
const SEQUENCE = new RegExp(`${ESC}\\[[ -?]*[@-~]`, 'g')
const PREFIX = new RegExp(`(^|\\n)${REGULAR_PREFIX}([+ ])`, 'g')

/**
 * The plain text of whole stored lines, joined by `\n`, as the parser would give it, but many times faster; null if only
 * the parser can tell: there are section markers, progress bars or unusual escape sequences.
 *
 * @param stored - from the start of a line to the end of another, at most `MOST_PLAIN_BYTES` bytes.
 * @param stamped - whether the log's lines have time stamps.
 */
export function plainLines(stored: string, stamped: boolean): string | null {
  let text = stored.endsWith('\n') ? stored.slice(0, -1) : stored
  if (stamped) text = text.replace(PREFIX, (_, before: string, mark: string) => (mark === '+' ? '' : before))
  if (text.includes('section_')) return null
  // Before a sequence, and anywhere but at a line's end, it clears the line.
  if (text.includes('\r')) text = `${text}\n`.replace(/(?<!\r)\r+\n/g, '\n').slice(0, -1)
  if (text.includes('\r')) return null
  if (text.includes(ESC)) text = text.replace(SEQUENCE, '')
  if (text.includes(ESC)) return null
  return text
}
