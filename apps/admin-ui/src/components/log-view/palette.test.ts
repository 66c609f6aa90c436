import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Color, Style } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { colorsIn, contrast, cssColors, GROUNDS, LEAST_CONTRAST, type LogTheme, type Rgb, rgb } from './palette.ts'

const THEMES = Object.keys(GROUNDS) as LogTheme[]
const ALL: readonly Color[] = [
  ...Array.from({ length: 16 }, (_, index) => ({ palette: 16, index }) as const),
  ...Array.from({ length: 256 }, (_, index) => ({ palette: 256, index }) as const),
  ...[0x000000, 0x123456, 0x777777, 0x808080, 0xff0000, 0x00ff00, 0x0000ff, 0xfffffe].map(
    (index) => ({ palette: 'rgb', index }) as const,
  ),
]
const grounds = (theme: LogTheme) => GROUNDS[theme].map(rgb)

const styles = readFileSync(join(import.meta.dirname, '../../styles.css'), 'utf8')

/** Reads a custom property of the dashboard as a screen would show it. */
function property(name: string, theme: LogTheme): Rgb {
  const number = String.raw`([\d.]+)`
  const color = String.raw`oklch\(${number} ${number} ${number}\)`
  const pair = new RegExp(`--${name}: light-dark\\(${color}, ${color}\\)`).exec(styles)
  const [lightness, chroma, hue] = (pair ?? []).slice(theme === 'light' ? 1 : 4).map(Number)
  if (lightness === undefined || chroma === undefined || hue === undefined) throw new Error(`no ${name}`)
  return fromOklch(lightness, chroma, hue)
}

/** @see https://www.w3.org/TR/css-color-4/#color-conversion-code */
function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const [red, green, blue] = [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ].map((linear) => {
    const part = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055
    return Math.round(255 * Math.min(1, Math.max(0, part)))
  })
  return [red ?? 0, green ?? 0, blue ?? 0]
}

describe.each(THEMES)('colours of a log, %s', (theme) => {
  it('are all readable on the log and on marked lines', () => {
    for (const fg of ALL) {
      for (const bold of [undefined, true] as const) {
        const { color } = colorsIn(theme, { fg, ...(bold && { bold }) })
        for (const ground of grounds(theme)) {
          expect(color && contrast(color, ground)).toBeGreaterThanOrEqual(LEAST_CONTRAST)
        }
      }
    }
  })

  it('are readable on coloured backgrounds, in every pair', () => {
    const worst = { contrast: 21, style: {} as Style }
    for (const bg of ALL) {
      for (const fg of [undefined, ...ALL]) {
        const style: Style = { bg, ...(fg && { fg }) }
        const { color, ground } = colorsIn(theme, style)
        const found = color && ground ? contrast(color, ground) : 0
        if (found < worst.contrast) Object.assign(worst, { contrast: found, style })
      }
    }
    expect(worst.contrast, JSON.stringify(worst.style)).toBeGreaterThanOrEqual(LEAST_CONTRAST)
  })

  it('are readable when they are dim, and when they change places', () => {
    for (const fg of [undefined, ...ALL]) {
      for (const bg of [undefined, ...ALL.slice(0, 32)]) {
        for (const style of [{ dim: true }, { inverse: true }, { dim: true, inverse: true, bold: true }] as const) {
          const { color, ground } = colorsIn(theme, { ...style, ...(fg && { fg }), ...(bg && { bg }) })
          for (const behind of ground ? [ground] : grounds(theme)) {
            expect(color && contrast(color, behind)).toBeGreaterThanOrEqual(LEAST_CONTRAST)
          }
        }
      }
    }
  })

  it('that change places are those of the log, the other way around', () => {
    const bg = { palette: 'rgb', index: 0x0a_0b_0c } as const
    const swapped = colorsIn(theme, { inverse: true, fg: { palette: 'rgb', index: 0xf0_f1_f2 }, bg })
    expect(swapped).toEqual({ color: [0x0a, 0x0b, 0x0c], ground: [0xf0, 0xf1, 0xf2] })
    expect(colorsIn(theme, { inverse: true }).ground).not.toBeNull()
  })

  it('are nearer to the ground when they are dim', () => {
    const ground = grounds(theme)[0] ?? [0, 0, 0]
    const plain = colorsIn(theme, { fg: { palette: 16, index: 7 } }).color
    const dim = colorsIn(theme, { dim: true }).color
    expect(dim && contrast(dim, ground)).toBeLessThan(plain ? 21 : 0)
    expect(dim && contrast(dim, ground)).toBeLessThan(contrast(property('ink', theme), ground))
  })

  it('differ: no two of the sixteen are the same', () => {
    const sixteen = ALL.filter(({ palette }) => palette === 16)
    expect(new Set(sixteen.map((fg) => String(colorsIn(theme, { fg }).color))).size).toBe(16)
  })

  it('are computed for the backgrounds in the style sheet', () => {
    const [log, marked] = grounds(theme)
    for (const [ground, name] of [
      [log, 'log-ground'],
      [marked, 'log-marked'],
    ] as const) {
      const shown = property(name, theme)
      // Within a step or two, which is invisible and changes the contrast by less than a tenth.
      shown.forEach((part, index) => {
        expect(Math.abs(part - (ground?.[index] ?? 0)), `${name} is ${shown}`).toBeLessThanOrEqual(3)
      })
    }
  })

  it('leave default text, line numbers and matches readable', () => {
    for (const text of ['ink', 'soft']) {
      for (const ground of ['log-ground', 'log-marked']) {
        expect(contrast(property(text, theme), property(ground, theme))).toBeGreaterThanOrEqual(LEAST_CONTRAST)
      }
    }
    expect(contrast(property('ink', theme), property('log-match', theme))).toBeGreaterThanOrEqual(LEAST_CONTRAST)
    expect(contrast(fromOklch(0.2, 0.03, 80), property('log-current', theme))).toBeGreaterThanOrEqual(LEAST_CONTRAST)
  })
})

it('gives text without colours no style at all', () => {
  expect(cssColors({ bold: true })).toBeUndefined()
  expect(cssColors({ fg: { palette: 16, index: 1 } })).toEqual({
    color: expect.stringMatching(/^light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)$/) as unknown,
  })
})
