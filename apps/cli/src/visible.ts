import { shownText } from '@yardmaster/common'
import width from 'fast-string-width'

const NAMES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/**
 * Makes a text fit for one line of a terminal. Tabs and line ends become `\t`, `\n` and `\r`; everything else that
 * could move the cursor, begin an escape sequence or reorder the line becomes U+FFFD.
 */
export const oneLine = (text: string): string =>
  shownText(text)
    .replace(/[\t\n\r]/g, (character) => NAMES[character] ?? '')
    .replace(/[\u2028\u2029]/g, '\uFFFD')

/** As `oneLine`, for a text whose line ends are kept, such as a configuration. */
export const manyLines = (text: string): string => shownText(text.replace(/\r\n?/g, '\n'))

/** Returns how many columns of a terminal a text takes. Wide characters take two. */
export const columnsOf = (text: string): number => width(text)

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Shortens a text to at most `columns`, with an ellipsis. */
export function shorten(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let kept = ''
  let taken = 0
  for (const { segment } of graphemes.segment(text)) {
    taken += columnsOf(segment)
    if (taken > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** Characters that JSON allows as they are, but that a terminal may act on. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb]/g

/** Writes a value as JSON that means the same and is safe to show on a terminal. */
export const safeJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null').replace(
    UNSAFE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
