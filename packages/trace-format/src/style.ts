/**
 * A colour as the log names it. `palette` 16: 0–7 black, red, green, yellow, blue, magenta, cyan, white; 8–15 the same,
 * bright. `palette` 256: xterm's, whose first sixteen are not changed by bold.
 */
export interface Color {
  readonly palette: 16 | 256
  readonly index: number
}

/** The look of text. Absent members mean the default; data, never CSS. */
export interface Style {
  readonly fg?: Color
  readonly bg?: Color
  readonly bold?: true
  readonly italic?: true
  readonly underline?: true
  readonly conceal?: true
  readonly crossed?: true
}

/** The style of a log's first byte, and after a reset. */
export const PLAIN: Style = Object.freeze({})

type Flag = 'bold' | 'italic' | 'underline' | 'conceal' | 'crossed'

const FLAGS: Readonly<Record<number, readonly [Flag, boolean]>> = {
  1: ['bold', true],
  3: ['italic', true],
  4: ['underline', true],
  8: ['conceal', true],
  9: ['crossed', true],
  21: ['bold', false],
  22: ['bold', false],
  23: ['italic', false],
  24: ['underline', false],
  28: ['conceal', false],
  29: ['crossed', false],
}

/**
 * Returns the style after `ESC [ <parameters> m`. Unknown codes are ignored. 24-bit colours become the default colour,
 * and their numbers are skipped.
 *
 * @see `docs/protocol/trace.md 11`
 */
export function applySgr(style: Style, parameters: string): Style {
  // By far the most frequent codes.
  if (parameters === '0' || parameters === '') return PLAIN
  const codes = parameters.split(';')
  let next = style
  for (let at = 0; at < codes.length; at++) {
    const text = codes[at] ?? ''
    // The ITU's own spelling has the parts of a colour in one parameter: 38:5:208.
    const parts = text.split(':')
    const code = Number(parts[0])
    if (code === 38 || code === 48) {
      const spread = parts.length === 1
      const rest = spread ? codes.slice(at + 1, at + 5) : parts.slice(1)
      const [used, color] = extendedColor(rest)
      if (color !== undefined) next = withColor(next, code === 38 ? 'fg' : 'bg', color)
      if (spread) at += used
    } else if (parts.length === 1) next = applyCode(next, code)
  }
  return next
}

/** Returns how many numbers belong to the colour, and the colour: null for the default, undefined for no change. */
function extendedColor([mode, value]: readonly string[]): [used: number, color: Color | null | undefined] {
  if (mode === '2') return [4, null]
  if (mode !== '5') return [0, undefined]
  const index = value === undefined || value === '' ? Number.NaN : Number(value)
  return [2, index >= 0 && index <= 255 ? { palette: 256, index } : undefined]
}

function applyCode(style: Style, code: number): Style {
  if (code === 0) return PLAIN
  const flag = FLAGS[code]
  if (flag) return withFlag(style, ...flag)
  const tens = Math.floor(code / 10)
  const index = code % 10
  if (code === 39 || code === 49) return withColor(style, code === 39 ? 'fg' : 'bg', null)
  if (index > 7) return style
  if (tens === 3 || tens === 4) return withColor(style, tens === 3 ? 'fg' : 'bg', { palette: 16, index })
  if (tens === 9 || tens === 10) return withColor(style, tens === 9 ? 'fg' : 'bg', { palette: 16, index: index + 8 })
  return style
}

function withFlag(style: Style, flag: Flag, on: boolean): Style {
  if (on) return style[flag] ? style : { ...style, [flag]: true }
  const { [flag]: _, ...rest } = style
  return rest
}

function withColor(style: Style, layer: 'fg' | 'bg', color: Color | null): Style {
  if (color) return { ...style, [layer]: color }
  const { [layer]: _, ...rest } = style
  return rest
}

const sameColor = (one: Color | undefined, other: Color | undefined): boolean =>
  one?.palette === other?.palette && one?.index === other?.index

export const sameStyle = (one: Style, other: Style): boolean =>
  one === other ||
  (sameColor(one.fg, other.fg) &&
    sameColor(one.bg, other.bg) &&
    one.bold === other.bold &&
    one.italic === other.italic &&
    one.underline === other.underline &&
    one.conceal === other.conceal &&
    one.crossed === other.crossed)

const RED: Readonly<Record<Color['palette'], readonly number[]>> = { 16: [1, 9], 256: [1, 9, 124, 160, 196] }

/** Returns whether text has a red foreground or background, which runners and most tools use for errors. */
export function isRed({ fg, bg }: Style): boolean {
  return (
    (fg !== undefined && RED[fg.palette].includes(fg.index)) || (bg !== undefined && RED[bg.palette].includes(bg.index))
  )
}
