import { describe, expect, it } from 'vitest'
import { plainText, spansAreRed } from './line.ts'
import { TraceParser } from './parser.ts'
import { applyLink, applySgr, LONGEST_LINK, PLAIN, type Style } from './style.ts'

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
    ['2;7;21;53', { dim: true, inverse: true, doubled: true, overlined: true }],
    ['5;6', {}],
    ['38;2;1;2;3', { fg: { palette: 'rgb', index: 0x010203 } }],
    ['48;2;255;128;0;1', { bg: { palette: 'rgb', index: 0xff8000 }, bold: true }],
    ['38:2:1:2:3', { fg: { palette: 'rgb', index: 0x010203 } }],
    ['38:2::1:2:3', { fg: { palette: 'rgb', index: 0x010203 } }],
    ['31;38;2;256;0;0;4', { fg: { palette: 16, index: 1 }, underline: true }],
    ['38;2;1;2', {}],
    ['58;5;1;58;2;1;3;4;3', { italic: true }],
    ['58:2::1:3:4', {}],
    ['4:3', { underline: true }],
    ['4:2', { doubled: true }],
    ['4;4:0', {}],
    ['4;21', { doubled: true }],
    ['21;4', { underline: true }],
    ['', {}],
    ['38', {}],
    ['1;;3', { italic: true }],
  ])('%j sets %j', (codes, style) => {
    expect(styled(codes)).toEqual(style)
  })

  it.each([
    ['1', '22'],
    ['1;2', '22'],
    ['7', '27'],
    ['21', '24'],
    ['53', '55'],
    ['38;2;1;2;3', '39'],
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

describe('links', () => {
  const styleOf = (text: string) => new TraceParser().push(`${text}x\n`).at(-1)?.spans.at(-1)?.style
  const open = (address: string, end = '\x1b\\') => `\x1b]8;;${address}${end}`

  it.each(['http://a.example/b?c=d', 'HTTPS://a.example', 'https://[::1]:8/%20#x;y'])('lead to %s', (address) => {
    expect(styleOf(open(address))).toEqual({ link: address })
    expect(styleOf(open(address, '\x07'))).toEqual({ link: address })
    expect(styleOf(`\x1b]8;id=1:x=y;${address}\x07`)).toEqual({ link: address })
  })

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/html,x',
    'https://',
    'https://a b',
    'https://a"b',
    'https://ä.example',
    ' https://a',
    `https://a/${'b'.repeat(LONGEST_LINK)}`,
  ])('never lead to %j', (address) => {
    expect(styleOf(`${open('http://before')}${open(address)}`)).not.toHaveProperty('link')
  })

  it('last until they are ended, whatever the style', () => {
    const [line, next] = new TraceParser().push(`${open('http://a')}a\x1b[1mb\x1b[0mc\nd${open('')}e\n`)
    const link = 'http://a'
    expect(line?.spans).toEqual([
      { text: 'a', style: { link } },
      { text: 'b', style: { link, bold: true } },
      { text: 'c', style: { link } },
    ])
    expect(next?.spans).toEqual([
      { text: 'd', style: { link } },
      { text: 'e', style: {} },
    ])
    expect(applyLink({ bold: true }, '8;;')).toEqual({ bold: true })
  })

  it('have no effect when their sequence is cut off or interrupted', () => {
    expect(styleOf('\x1b]8;;http://a\x1b[1m')).toEqual({ bold: true })
    expect(styleOf('\x1b]8;;http://a\n')).toEqual({})
    expect(styleOf('\x1bP8;;http://a\x07')).toEqual({})
  })

  it('end in a line that repeats them too often, and not in the next', () => {
    const address = `http://a/${'b'.repeat(1_000)}`
    const [line, next] = new TraceParser().push(`${open(address)}${'x\x1b[1my\x1b[22m'.repeat(1_000)}\nz\n`)
    const linked = line?.spans.filter(({ style }) => style.link) ?? []
    expect(linked.length).toBe(4)
    expect(line && plainText(line)).toBe('xy'.repeat(1_000))
    expect(next?.spans).toEqual([{ text: 'z', style: { link: address } }])
  })

  it('keep a bounded state', () => {
    const parser = new TraceParser()
    parser.push('2024-05-14T11:43:19.997683Z 01O \x1b]8;;http://a')
    for (let turn = 0; turn < 100; turn++) parser.push('b'.repeat(1_000))
    parser.push('\n2024-05-14T11:43:19.997683Z 01E x\n2024-05-14T11:43:19.997683Z 01E x')
    expect(JSON.stringify(parser.save().state).length).toBeLessThan(4_000)
  })
})

describe('a red line', () => {
  const isRed = (text: string) => new TraceParser().push(`${text}\n`).some(({ spans }) => spansAreRed(spans))

  it.each([
    '\x1b[31mERROR\x1b[0m',
    '\x1b[31;1mERROR',
    'a \x1b[91mb',
    '\x1b[37;41mFAILURES!',
    '\x1b[38;5;196mred',
    '\x1b[38;2;215;0;0mred',
  ])('is %j', (text) => expect(isRed(text)).toBe(true))
  it.each(['plain', '\x1b[31m \t\x1b[0mplain', '\x1b[32mgreen', '\x1b[38;2;255;123;114mpink'])('is not %j', (text) => {
    expect(isRed(text)).toBe(false)
  })
})
