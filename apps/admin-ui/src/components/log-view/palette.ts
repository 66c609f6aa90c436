import type { Color, Style } from '@yardmaster/trace-format'

export type Rgb = readonly [red: number, green: number, blue: number]

/** WCAG AA for text. */
export const LEAST_CONTRAST = 4.5

/** The backgrounds behind text, per theme: `--log-ground` and `--log-marked` of `styles.css`. */
export const GROUNDS = {
  light: ['#fbfdff', '#fbefd0'],
  dark: ['#0a0c10', '#2b2716'],
} as const
export type LogTheme = keyof typeof GROUNDS

/** Dark text colours for light backgrounds and light ones for dark backgrounds: black to white, then bright. */
const LETTERS: Readonly<Record<LogTheme, readonly string[]>> = {
  light: [
    ...['#1f2328', '#b91c1c', '#15703a', '#805500', '#1d55c4', '#8a2aa8', '#0b6b78', '#59616b'],
    ...['#666e78', '#d0252b', '#1a8043', '#946300', '#2f6bdf', '#a23cc2', '#0f7e8c', '#474e57'],
  ],
  dark: [
    ...['#8d96a3', '#ff7b72', '#5bd071', '#e3b341', '#7ab4ff', '#d0a5ff', '#5bd0dc', '#d3d9e0'],
    ...['#9fa8b4', '#ff9d95', '#85e796', '#f2cd67', '#a5ceff', '#e2c6ff', '#8ee5ee', '#ffffff'],
  ],
}
/** Background colours set by the log, the same in both themes. */
const PATCHES = [
  ...['#24292f', '#c4221c', '#1a7f37', '#d4a72c', '#1f6feb', '#a04bc0', '#1b8f9b', '#d0d7de'],
  ...['#6e7781', '#ff8182', '#4ac26b', '#eac54f', '#6cb6ff', '#d2a8ff', '#56d4dd', '#ffffff'],
]
const INK: Readonly<Record<LogTheme, string>> = { light: '#1f2328', dark: '#e6e9ee' }
const CUBE = [0, 95, 135, 175, 215, 255]

/** Returns a run's colours in one theme, null for the default. The text stays readable whatever colours a log sets. */
export function colorsIn(
  theme: LogTheme,
  { fg, bg, bold, dim, inverse }: Style,
): { color: Rgb | null; ground: Rgb | null } {
  const front = fg && bold && fg.palette === 16 && fg.index < 8 ? { ...fg, index: fg.index + 8 } : fg
  const [text, behind] = inverse ? [bg, front] : [front, bg]
  const plainGround = inverse ? rgb(INK[theme]) : null
  const ground = behind ? patch(behind) : plainGround
  if (!text && !ground && !dim) return { color: null, ground }
  const grounds = ground ? [ground] : GROUNDS[theme].map(rgb)
  const wanted = text ? letters(theme, text) : ground ? inkOn(ground) : rgb(INK[theme])
  const color = readable(wanted, grounds)
  return { color: dim ? faint(color, grounds) : color, ground }
}

/** Returns CSS for both themes, between which `color-scheme` selects. Undefined when nothing is coloured. */
export function cssColors(style: Style): { color?: string; backgroundColor?: string } | undefined {
  const { fg, bg, bold, dim, inverse } = style
  if (!fg && !bg && !dim && !inverse) return undefined
  const key = [name(fg), name(bg), bold, dim, inverse].join()
  let css = known.get(key)
  if (!css) {
    const light = colorsIn('light', style)
    const dark = colorsIn('dark', style)
    css = {
      ...(light.color && dark.color && { color: either(light.color, dark.color) }),
      ...(light.ground && dark.ground && { backgroundColor: either(light.ground, dark.ground) }),
    }
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(key, css)
  }
  return css
}

const MOST_KNOWN = 4_096
const known = new Map<string, { color?: string; backgroundColor?: string }>()
const name = (color: Color | undefined): string => (color ? `${color.palette}/${color.index}` : '')

const either = (light: Rgb, dark: Rgb): string =>
  hex(light) === hex(dark) ? hex(light) : `light-dark(${hex(light)}, ${hex(dark)})`

const letters = (theme: LogTheme, color: Color): Rgb => shown(color, LETTERS[theme])
const patch = (color: Color): Rgb => shown(color, PATCHES)

/** @param own - the dashboard's colours in place of the first sixteen. */
function shown({ palette, index }: Color, own: readonly string[]): Rgb {
  if (palette === 'rgb') return [(index >> 16) & 255, (index >> 8) & 255, index & 255]
  const ours = palette === 16 || index < 16 ? own[index] : undefined
  return ours ? rgb(ours) : xterm(index)
}

/** Returns xterm's colours from 16 on: a cube of six levels, then greys. */
function xterm(index: number): Rgb {
  if (index >= 232) {
    const level = 8 + (index - 232) * 10
    return [level, level, level]
  }
  const at = index - 16
  return [CUBE[Math.floor(at / 36)] ?? 0, CUBE[Math.floor(at / 6) % 6] ?? 0, CUBE[at % 6] ?? 0]
}

/** Returns the nearest colour between the wanted one and black or white that is readable on all backgrounds. */
function readable(wanted: Rgb, grounds: readonly Rgb[]): Rgb {
  const behind = grounds.map(luminance)
  for (let step = 0; step <= 50; step++) {
    for (const end of [0, 255]) {
      const color = mix(wanted, end, step / 50)
      const own = luminance(color)
      if (behind.every((other) => ratio(own, other) >= LEAST_CONTRAST)) return color
    }
  }
  return wanted
}

/** Returns the ink of the theme that is easier to read on a ground. */
function inkOn(ground: Rgb): Rgb {
  const [dark, light] = [rgb(INK.light), rgb(INK.dark)]
  return contrast(dark, ground) > contrast(light, ground) ? dark : light
}

/** Returns a colour nearer to what is behind it, as far as it stays readable. */
function faint(color: Rgb, grounds: readonly Rgb[]): Rgb {
  const [behind = color] = grounds
  const others = grounds.map(luminance)
  for (let step = 20; step > 0; step--) {
    const share = step / 50
    const mixed = color.map((part, at) => Math.round(part + ((behind[at] ?? part) - part) * share)) as unknown as Rgb
    const own = luminance(mixed)
    if (others.every((other) => ratio(own, other) >= LEAST_CONTRAST)) return mixed
  }
  return color
}

/** Mixes a colour with a grey; a share of 1 is the grey itself. */
function mix([red, green, blue]: Rgb, grey: number, share: number): Rgb {
  const mixed = (part: number) => Math.round(part + (grey - part) * share)
  return [mixed(red), mixed(green), mixed(blue)]
}

/** Returns the WCAG contrast ratio of two colours, 1 to 21. */
export const contrast = (one: Rgb, other: Rgb): number => ratio(luminance(one), luminance(other))

const ratio = (one: number, other: number): number => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)

/** Linear light by channel value, 0 to 255. Computed once, because each new style needs it some hundred times. */
const LINEAR = Array.from({ length: 256 }, (_, part) => {
  const share = part / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
})
const linear = (part: number): number => LINEAR[part] ?? 0

const luminance = ([red, green, blue]: Rgb): number =>
  0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)

/** Reads `#rrggbb`. */
export const rgb = (text: string): Rgb => [
  Number.parseInt(text.slice(1, 3), 16),
  Number.parseInt(text.slice(3, 5), 16),
  Number.parseInt(text.slice(5, 7), 16),
]

const hex = (color: Rgb): string => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`
