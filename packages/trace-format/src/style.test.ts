import { describe, expect, it } from 'vitest'
import { spansAreRed } from './line.ts'
import { TraceParser } from './parser.ts'
import { applySgr, PLAIN, type Style } from './style.ts'

const styled = (...codes: string[]): Style => codes.reduce(applySgr, PLAIN)

describe('SGR codes', () => {
  it.each<[string, Style]>([
    ['31', { fg: { palette: 16, index: 1 } }],
    ['97', { fg: { palette: 16, index: 15 } }],
    ['42', { bg: { palette: 16, index: 2 } }],
    ['100', { bg: { palette: 16, index: 8 } }],
    ['1;3;4;8;9', { bold: true, italic: true, underline: true, conceal: true, crossed: true }],
    ['38;5;208', { fg: { palette: 256, index: 208 } }],
    ['48;5;0;1', { bg: { palette: 256, index: 0 }, bold: true }],
    ['38:5:208', { fg: { palette: 256, index: 208 } }],
    ['38;5;256;1', { bold: true }],
    ['2;5;6;7', {}],
    ['', {}],
    ['38', {}],
    ['1;;3', { italic: true }],
  ])('%j sets %j', (codes, style) => {
    expect(styled(codes)).toEqual(style)
  })

  it('render 24-bit colours as the default colour and skip their numbers', () => {
    expect(styled('31;1', '38;2;1;3;4;4')).toEqual({ bold: true, underline: true })
    expect(styled('44', '48;2;9;9;9')).toEqual({})
  })

  it.each([
    ['1', '22'],
    ['1', '21'],
    ['3', '23'],
    ['4', '24'],
    ['8', '28'],
    ['9', '29'],
    ['31', '39'],
    ['41', '49'],
    ['1;31;42', '0'],
    ['1;31;42', ''],
  ])('%j is undone by %j', (on, off) => {
    expect(styled(on, off)).toEqual({})
  })
})

describe('a red line', () => {
  const isRed = (text: string) => new TraceParser().push(`${text}\n`).some(({ spans }) => spansAreRed(spans))

  it.each(['\x1b[31mERROR\x1b[0m', '\x1b[31;1mERROR', 'a \x1b[91mb', '\x1b[37;41mFAILURES!', '\x1b[38;5;196mred'])(
    'is %j',
    (text) => expect(isRed(text)).toBe(true),
  )
  it.each(['plain', '\x1b[31m \t\x1b[0mplain', '\x1b[32mgreen'])('is not %j', (text) => {
    expect(isRed(text)).toBe(false)
  })
})
