/**
 * A colour as the log names it. `palette` 16: 0–7 black, red, green, yellow, blue, magenta, cyan, white; 8–15 the same,
 * bright. `palette` 256: xterm's, whose first sixteen are not changed by bold. `palette` 'rgb': `index` is `0xrrggbb`.
 */
export interface Color {
  readonly palette: 16 | 256 | 'rgb'
  readonly index: number
}

/** The look of text. Absent members mean the default; data, never CSS. */
export interface Style {
  readonly fg?: Color
  readonly bg?: Color
  readonly bold?: true
  readonly dim?: true
  readonly italic?: true
  readonly underline?: true
  /** Underlined twice. */
  readonly doubled?: true
  readonly overlined?: true
  /** Text and background change their colours. */
  readonly inverse?: true
  readonly conceal?: true
  readonly crossed?: true
  /** The address that the text links to: http or https, in ASCII, at most `LONGEST_LINK` characters. */
  readonly link?: string
}

/** The style of a log's first byte, and after a reset. */
export const PLAIN: Style = Object.freeze({})

type Flag = Exclude<keyof Style, 'fg' | 'bg' | 'link'>

/** What a code switches on, and what off. */
const FLAGS: Readonly<Record<number, { readonly on?: Flag; readonly off?: readonly Flag[] }>> = {
  1: { on: 'bold' },
  2: { on: 'dim' },
  3: { on: 'italic' },
  4: { on: 'underline', off: ['doubled'] },
  7: { on: 'inverse' },
  8: { on: 'conceal' },
  9: { on: 'crossed' },
  21: { on: 'doubled', off: ['underline'] },
  22: { off: ['bold', 'dim'] },
  23: { off: ['italic'] },
  24: { off: ['underline', 'doubled'] },
  27: { off: ['inverse'] },
  28: { off: ['conceal'] },
  29: { off: ['crossed'] },
  53: { on: 'overlined' },
  55: { off: ['overlined'] },
}

/**
 * Returns the style after `ESC [ <parameters> m`. Unknown codes are ignored; the colour of an underline is skipped with
 * its numbers. A link stays until another one replaces or ends it.
 *
 * @see `docs/protocol/trace.md 11`
 */
export function applySgr(style: Style, parameters: string): Style {
  // By far the most frequent codes.
  if (parameters === '0' || parameters === '') return reset(style)
  const codes = parameters.split(';')
  let next = style
  for (let at = 0; at < codes.length; at++) {
    const text = codes[at] ?? ''
    // The ITU's own spelling has the parts of a colour in one parameter: 38:5:208.
    const parts = text.split(':')
    const code = Number(parts[0])
    if (code === 38 || code === 48 || code === 58) {
      const spread = parts.length === 1
      const rest = spread ? codes.slice(at + 1, at + 5) : withoutColorSpace(parts.slice(1))
      const [used, color] = extendedColor(rest)
      if (color !== undefined && code !== 58) next = withColor(next, code === 38 ? 'fg' : 'bg', color)
      if (spread) at += used
    } else if (parts.length === 1) next = applyCode(next, code)
    else if (code === 4) next = applyCode(next, UNDERLINES[Number(parts[1])] ?? 4)
  }
  return next
}

/** The codes for the kinds of underline that `4:<kind>` names; waves, dots and dashes count as one line. */
const UNDERLINES = [24, 4, 21]

/** Removes the colour space of `2:<space>:r:g:b`, which may also be left out with its colon. */
const withoutColorSpace = (parts: readonly string[]): readonly string[] =>
  parts[0] === '2' && parts.length > 4 ? ['2', ...parts.slice(2)] : parts

/** Returns how many numbers belong to the colour, and the colour; undefined for no change. */
function extendedColor([mode, ...values]: readonly string[]): [used: number, color: Color | undefined] {
  if (mode === '2') {
    const [red, green, blue] = values.map(channel)
    if (red === undefined || green === undefined || blue === undefined) return [4, undefined]
    const index = red * 65_536 + green * 256 + blue
    return [4, index >= 0 ? { palette: 'rgb', index } : undefined]
  }
  if (mode !== '5') return [0, undefined]
  const index = channel(values[0] ?? '')
  return [2, index >= 0 ? { palette: 256, index } : undefined]
}

/** Reads a number up to 255; NaN for any other. */
const channel = (text: string): number => (/^\d+$/.test(text) && Number(text) <= 255 ? Number(text) : Number.NaN)

function applyCode(style: Style, code: number): Style {
  if (code === 0) return reset(style)
  const flags = FLAGS[code]
  if (flags) return withFlags(style, flags)
  const tens = Math.floor(code / 10)
  const index = code % 10
  if (code === 39 || code === 49) return withColor(style, code === 39 ? 'fg' : 'bg', null)
  if (index > 7) return style
  if (tens === 3 || tens === 4) return withColor(style, tens === 3 ? 'fg' : 'bg', { palette: 16, index })
  if (tens === 9 || tens === 10) return withColor(style, tens === 9 ? 'fg' : 'bg', { palette: 16, index: index + 8 })
  return style
}

const reset = ({ link }: Style): Style => (link === undefined ? PLAIN : { link })

function withFlags(style: Style, { on, off = [] }: { readonly on?: Flag; readonly off?: readonly Flag[] }): Style {
  if ((on === undefined || style[on]) && off.every((flag) => !style[flag])) return style
  const next = { ...style, ...(on && { [on]: true }) }
  for (const flag of off) delete next[flag]
  return next
}

function withColor(style: Style, layer: 'fg' | 'bg', color: Color | null): Style {
  if (color) return { ...style, [layer]: color }
  const { [layer]: _, ...rest } = style
  return rest
}

/** Longer addresses are no links: the state kept for a log has to be bounded. */
export const LONGEST_LINK = 2_048
/** What `ESC ]` starts for a link: parameters, which may give it a name, and an address, which may be empty. */
const LINK = /^8;[^;]*;(.*)$/
const WEB_ADDRESS = /^https?:\/\/[^\s"<>\\^`{|}]+$/i

/** Returns the style after `ESC ] <command> ST`. Only links to web pages have an effect, and the end of any link. */
export function applyLink(style: Style, command: string): Style {
  const address = LINK.exec(command)?.[1]
  if (address === undefined) return style
  const { link: before, ...rest } = style
  if (address.length <= LONGEST_LINK && WEB_ADDRESS.test(address)) return { ...rest, link: address }
  return before === undefined ? style : rest
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
    one.crossed === other.crossed &&
    one.dim === other.dim &&
    one.doubled === other.doubled &&
    one.overlined === other.overlined &&
    one.inverse === other.inverse &&
    one.link === other.link)

const RED: Readonly<Record<16 | 256, readonly number[]>> = { 16: [1, 9], 256: [1, 9, 124, 160, 196] }

/** Returns whether text has a red foreground or background, which runners and most tools use for errors. */
export const isRed = ({ fg, bg }: Style): boolean =>
  (fg !== undefined && looksRed(fg)) || (bg !== undefined && looksRed(bg))

function looksRed({ palette, index }: Color): boolean {
  if (palette !== 'rgb') return RED[palette].includes(index)
  // As far from other colours as the red ones of the palette.
  const [red, green, blue] = [index >> 16, (index >> 8) & 255, index & 255]
  return red >= 160 && Math.max(green, blue) * 3 <= red
}
