/** Columns that a tab stop is wide. */
const TAB = 8
const NARROW = /^[ -~]*$/
const NOTHING = /^[\p{M}\p{Cf}\p{Cc}]$/u
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u

/** Marks among the wide characters. */
const MARKS: ReadonlySet<number> = new Set([0x3099, 0x309a])

/** Whether each UTF-16 unit of a text takes one column. */
export const isNarrow = (text: string): boolean => NARROW.test(text)

/** What one or two columns show: a character, with the marks that follow it. */
export interface Cell {
  readonly text: string
  readonly width: number
}

/** Splits a text without tabs into its cells. Marks at its start make a cell without width. */
export function cellsOf(text: string): Cell[] {
  const cells: { text: string; width: number }[] = []
  for (const character of text) {
    const width = widthOf(character)
    const last = cells.at(-1)
    if (width === 0 && last) last.text += character
    else cells.push({ text: character, width })
  }
  return cells
}

/** Returns the columns that a character takes in a terminal. */
function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  // First the common ones: the expressions take ten times as long.
  if (code >= 0x20 && code < 0x7f) return 1
  if ((code >= 0x3041 && code < 0xa000) || (code >= 0xac00 && code <= 0xd7a3)) return MARKS.has(code) ? 0 : 2
  if (code >= 0xc0 && code < 0x300) return 1
  if (NOTHING.test(character)) return 0
  return code >= 0x1100 && WIDE.test(character) ? 2 : 1
}

/** Returns the column of the next tab stop. */
export const tabStop = (column: number): number => (Math.floor(column / TAB) + 1) * TAB

/** Returns the column behind a text that begins at a column, and need not be narrow. */
export function columnBehind(column: number, text: string): number {
  let at = column
  for (const character of text) at = character === '\t' ? tabStop(at) : at + widthOf(character)
  return at
}
