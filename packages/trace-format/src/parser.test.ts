import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Line, plainText, type Span } from './line.ts'
import { changeLines, MOST_LINE_TEXT } from './line-change.ts'
import { TraceParser } from './parser.ts'
import type { TraceState } from './state.ts'

const parse = (text: string | Uint8Array, state?: TraceState): Line[] => {
  const parser = new TraceParser(state)
  return collect(parser, [text])
}
/** Returns all lines in their final form, with neighbouring spans of one style merged. */
function collect(parser: TraceParser, pieces: Iterable<string | Uint8Array>): Line[] {
  const lines: Line[] = []
  const take = (finished: readonly Line[]) => {
    lines.push(...finished)
    if (parser.changes.length > 0) lines.splice(0, lines.length, ...changeLines(lines, parser.changes))
  }
  for (const piece of pieces) take(parser.push(piece))
  take(parser.end())
  return lines.map(joined)
}

function joined(line: Line): Line {
  const spans: Span[] = []
  for (const span of line.spans) {
    const last = spans.at(-1)
    if (last && JSON.stringify(last.style) === JSON.stringify(span.style))
      spans[spans.length - 1] = { text: last.text + span.text, style: span.style }
    else spans.push(span)
  }
  return { ...line, spans }
}

/** Parses text of one character per byte. What was written at columns is decoded already, so the rest is, too. */
function parseBytes(latin1: string): Line[] {
  const parser = new TraceParser(undefined, { bytes: true })
  const decoded = <Item extends { readonly spans: readonly Span[] }>(item: Item): Item => ({
    ...item,
    spans: item.spans.map(({ text, style }) => ({ text: Buffer.from(text, 'latin1').toString(), style })),
  })
  const lines = parser.push(latin1)
  const { changes } = parser
  lines.push(...parser.end())
  return changeLines(lines.map(decoded), [...changes, ...parser.changes].map(decoded)).map(joined)
}

const texts = (text: string) => parse(text).map(plainText)

const STAMP = '2024-05-14T11:43:19.997683Z 01O'
const stamped = (text: string, { mark = ' ', second = '19' } = {}) =>
  `${STAMP.replace(':19.', `:${second}.`)}${mark}${text}`
const start = (name: string, at = 100, options = '') => `section_start:${at}:${name}${options}\r\x1b[0K`
const end = (name: string, at = 160) => `section_end:${at}:${name}\r\x1b[0K`

/** Meaningful parts of logs, so that random logs are full of hard cases. */
const bit = fc.oneof(
  fc.constantFrom(
    '\n',
    '\r',
    '\r\n',
    '\x1b',
    '\x1b[',
    '\x1b[0K',
    '\x1b[31m',
    '\x1b[1;32m',
    '\x1b[0m',
    '\x1b[38;5;200m',
    '\x1b[2;7;21;53m',
    '\x1b[38;2;1;2;3m',
    '\x1b[48:2::1:2:3m',
  ),
  fc.constantFrom('\x1b]8;;\x07', '\x1b]8;;http://é\x07', '\x1b]8;', ';http://y', '\x07', '\x1b\\'),
  fc.constantFrom(
    '\x1b]0;title\x07',
    '\x1b]8;;http://x\x1b\\',
    '\x1b(B',
    '\x1b[?25l',
    'section_',
    's',
    'sect',
    '\r\x1b[0K',
  ),
  fc.constantFrom(
    start('a'),
    start('b', 5, '[collapsed=true, x=1]'),
    end('a'),
    end('b'),
    'section_end:1:a',
    'section_start:1:',
    `text section_start:1:\n${STAMP}+a\r\x1b[0K`,
  ),
  fc.constantFrom(
    ...[
      '\x1b[A',
      '\x1b[2A',
      '\x1b[B',
      '\x1b[3C',
      '\x1b[2D',
      '\x1b[E',
      '\x1b[F',
      '\x1b[5G',
      '\x1b[2;4H',
      '\x1b[H',
      '\b',
      '\t',
      '世',
    ],
    ...['\x1b[K', '\x1b[1K', '\x1b[2K', '\x1b[J', '\x1b[1J', '\x1b[2J', 'a\nb\nc\n', '\x1b[A\r', 'e\u0301', '\u0301'],
  ),
  fc.constantFrom(
    `\n${STAMP} `,
    `\n${STAMP}+`,
    `\n${STAMP.replace('01O', '01E')} `,
    `\n${STAMP.replace('01O', '01E')}+`,
    `\n${STAMP.replace('01O', '0fE')}+`,
    `\n${STAMP.replace('01O', '00O')} `,
    `\n${STAMP.replace('01O', '00O')}+`,
    STAMP.slice(0, 20),
    `\n${STAMP.replace('T', 'X')} `,
    'é',
    '€',
    '🛹',
    '\u2028',
  ),
  fc.string({ maxLength: 8 }),
)
const log = fc
  .tuple(fc.constantFrom('', `${STAMP} `, `${STAMP}+`), fc.array(bit, { maxLength: 60 }))
  .map(([first, bits]) => first + bits.join(''))
const bytes = fc.oneof(
  log.map((text) => new TextEncoder().encode(text)),
  fc.uint8Array({ maxLength: 300 }),
)
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })

function* pieces<T extends string | Uint8Array>(whole: T, sizes: readonly number[]): Generator<T> {
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield whole.slice(at, at + size) as T
    at += size
  }
}

describe('a parser of log text', () => {
  it('returns the same lines for the same bytes, however they are cut', () => {
    fc.assert(
      fc.property(bytes, cuts, (whole, sizes) => {
        expect(collect(new TraceParser(), pieces(whole, sizes))).toEqual(parse(whole))
      }),
      { numRuns: 1_000 },
    )
  })

  it('resumes at any line from the state saved there', () => {
    fc.assert(
      fc.property(log, cuts, (whole, sizes) => {
        const lines = parse(whole)
        const parser = new TraceParser()
        for (const piece of pieces(whole, sizes)) {
          parser.push(piece)
          const { state, offset } = JSON.parse(JSON.stringify(parser.save())) as ReturnType<typeof parser.save>
          expect(parse(whole.slice(offset), state)).toEqual(lines.slice(state.line - 1))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('shows at any time what it would return if the log ended there, without side effects', () => {
    fc.assert(
      fc.property(log, cuts, (whole, sizes) => {
        const parser = new TraceParser()
        let lines: Line[] = []
        let read = ''
        for (const piece of pieces(whole, sizes)) {
          lines.push(...parser.push(piece))
          lines = changeLines(lines, parser.changes)
          read += piece
          const rest = parser.unfinished()
          expect(changeLines([...lines, ...rest.lines], rest.changes).map(joined)).toEqual(parse(read))
        }
        lines.push(...parser.end())
        expect(changeLines(lines, parser.changes).map(joined)).toEqual(parse(whole))
      }),
    )
  })

  it('numbers lines from 1 without a gap', () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        const lines = parse(whole)
        expect(lines.map((line) => line.number)).toEqual(lines.map((_, index) => index + 1))
      }),
    )
  })

  it('breaks Latin-1 and UTF-8 readings of the same bytes into the same lines', () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        const latin = parseBytes(Buffer.from(whole).toString('latin1'))
        const utf8 = parse(whole)
        const shape = (line: Line) => ({ ...line, spans: line.spans.map((span) => span.style) })
        expect(latin.map(shape)).toEqual(utf8.map(shape))
      }),
      { numRuns: 500 },
    )
  })
})

describe('line ends', () => {
  it('end a line at LF and at CRLF; an empty line counts, a final line break adds none', () => {
    expect(texts('one\r\n\ntwo\n')).toEqual(['one', '', 'two'])
    expect(texts('one\ntwo')).toEqual(['one', 'two'])
    expect(texts('')).toEqual([])
  })

  it('may have any number of carriage returns', () => {
    expect(texts('one\r\r\r\ntwo')).toEqual(['one', 'two'])
  })

  it('let a lone carriage return clear the whole line', () => {
    expect(texts('10 %\r50 %\rok\n')).toEqual(['ok'])
    expect(texts('a longer one\rb\n')).toEqual(['b'])
  })

  it('keep the text before a carriage return that nothing follows', () => {
    expect(texts('100 %\r')).toEqual(['100 %'])
  })
})

describe('bytes that are not text', () => {
  it('become U+FFFD when they are not UTF-8', () => {
    expect(parse(Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0xc3)).map(plainText)).toEqual(['a\ufffdb', '\ufffd'])
  })

  it('leave markup, NUL and separators as they are', () => {
    expect(texts('<b>&amp;\0\u2028</b>\n')).toEqual(['<b>&amp;\0\u2028</b>'])
  })
})

describe('escape sequences', () => {
  it('are dropped unless they set a style', () => {
    expect(texts('ab\x1b[Kc\x1b]0;title\x07d\x1b]0;t\x1b\\e\x1b(Bf\x1b7g\x1b[?25lh')).toEqual(['abcdefgh'])
  })

  it('drop the rest of the line when they are cut off by its end', () => {
    expect(texts('a\x1b[31\nb\x1b]0;title\nc\x1b\nd')).toEqual(['a', 'b', 'c', 'd'])
  })

  it('end where a character does not fit', () => {
    expect(texts('a\x1b[3é\x1b[\x1b[0mb')).toEqual(['aéb'])
  })

  it('keep a style over line ends', () => {
    const red = { fg: { palette: 16, index: 1 } }
    expect(parse('a\x1b[31mb\nc\x1b[0md').map((line) => line.spans)).toEqual([
      [
        { text: 'a', style: {} },
        { text: 'b', style: red },
      ],
      [
        { text: 'c', style: red },
        { text: 'd', style: {} },
      ],
    ])
  })
})

describe('section markers', () => {
  it('make the text after a start the header of its section', () => {
    const [header, inside] = parse(`${start('Get_Sources', 100, '[collapsed=true,other=x]')}Getting sources\ninside\n`)
    expect(header?.section).toEqual({
      name: 'get-sources',
      startedAt: 100,
      options: { collapsed: 'true', other: 'x' },
    })
    expect(header && plainText(header)).toBe('Getting sources')
    expect([header?.depth, inside?.depth]).toEqual([0, 1])
  })

  it('close a section with its duration, and open the next in the same line', () => {
    const lines = parse(`${start('a')}A\nx\n${end('a')}${start('b')}B\n`)
    expect(lines.map(plainText)).toEqual(['A', 'x', 'B'])
    expect(lines[2]?.ends).toEqual([{ name: 'a', headerLine: 1, startedAt: 100, endedAt: 160 }])
    expect(lines[2]?.section?.name).toBe('b')
  })

  it('nest', () => {
    const lines = parse(`${start('a')}A\n${start('b')}B\nx\n${end('b')}\n${end('a')}\ny`)
    expect(lines.map((line) => line.depth)).toEqual([0, 1, 2, 1, 0, 0])
  })

  it('softly end a line that already has text', () => {
    expect(texts(`before${start('a')}A\nx${end('a')}after\n`)).toEqual(['before', 'A', 'x', 'after'])
  })

  it('end a section together with all sections opened inside it', () => {
    const lines = parse(`${start('step')}S\n${start('mine', 110, '[collapsed=true]')}M\nx\n${end('step')}ERROR\n`)
    expect(lines.map((line) => [plainText(line), line.depth])).toEqual([
      ['S', 0],
      ['M', 1],
      ['x', 2],
      ['ERROR', 0],
    ])
    expect(lines[3]?.ends).toEqual([
      { name: 'mine', headerLine: 2, startedAt: 110, endedAt: 160 },
      { name: 'step', headerLine: 1, startedAt: 100, endedAt: 160 },
    ])
  })

  it('end a section and its contents when another of the same name begins', () => {
    const lines = parse(`${start('a')}A\n${start('b')}B\n${start('a', 130)}again\nx\n${end('b')}y\n${end('a')}z\n`)
    expect(lines.map((line) => [plainText(line), line.depth])).toEqual([
      ['A', 0],
      ['B', 1],
      ['again', 0],
      ['x', 1],
      ['y', 1],
      ['z', 0],
    ])
    expect(lines[2]?.ends.map(({ name, endedAt }) => [name, endedAt])).toEqual([
      ['b', null],
      ['a', null],
    ])
  })

  it('drop the end of a section that is not open', () => {
    const lines = parse(`a${end('never')}b\n`)
    expect(lines.map(plainText)).toEqual(['ab'])
    expect(lines[0]?.ends).toEqual([])
  })

  it.each([
    ['upper case', 'SECTION_start:1:a\r\x1b[0K'],
    ['no seconds', 'section_start::a\r\x1b[0K'],
    ['no name', 'section_start:1:\r\x1b[0K'],
    ['a foreign character', 'section_start:1:a/b\r\x1b[0K'],
    ['empty options', 'section_start:1:a[]\r\x1b[0K'],
    ['two blanks between options', 'section_start:1:a[b=1,  c=2]\r\x1b[0K'],
    ['another erase', 'section_start:1:a\r\x1b[K'],
    ['no carriage return', 'section_start:1:a\x1b[0K'],
    ['a length beyond bounds', `section_start:1:${'a'.repeat(600)}\r\x1b[0K`],
  ])('are plain text with %s', (_, text) => {
    const [line] = parse(`${text}\n`)
    expect(line?.section).toBeNull()
  })

  it('stay open when the log ends, and never exceed a bounded number', () => {
    const parser = new TraceParser()
    for (let turn = 0; turn < 1_000; turn++) parser.push(`${start(`s${turn}`)}\n`)
    expect(parser.save().state.sections).toHaveLength(32)
  })

  it('treat options of any name as data', () => {
    const [line] = parse(`${start('a', 1, '[__proto__=x]')}A`)
    expect(Object.entries(line?.section?.options ?? {})).toEqual([['__proto__', 'x']])
  })
})

describe('time stamps', () => {
  it('are a column of their own', () => {
    const [line] = parse(`${stamped('hello')}\n`)
    expect(line && plainText(line)).toBe('hello')
    expect(line?.stamp).toEqual({ time: '2024-05-14T11:43:19.997683Z', stream: '01', channel: 'out' })
  })

  it('join continuations to the line they continue, with the last stamp', () => {
    const lines = parse(`${stamped('one ')}\n${stamped('two', { mark: '+', second: '20' })}\n${stamped('three')}\n`)
    expect(lines.map(plainText)).toEqual(['one two', 'three'])
    expect(lines[0]?.stamp?.time).toBe('2024-05-14T11:43:20.997683Z')
  })

  it('let a progress bar overwrite itself over continuations', () => {
    expect(
      texts(`${stamped('10 %\r')}\n${stamped('90 %\r', { mark: '+' })}\n${stamped('done', { mark: '+' })}\n`),
    ).toEqual(['done'])
  })

  it('stand before markers, and don’t hide one that is split between two pieces', () => {
    const marker = start('a')
    for (let cut = 1; cut < marker.length; cut++) {
      const text = `${stamped(marker.slice(0, cut))}\n${stamped(`${marker.slice(cut)}A`, { mark: '+' })}\n`
      const [line] = parse(text)
      expect(line?.section?.name).toBe('a')
      expect(line && plainText(line)).toBe('A')
    }
  })

  it('are decided by the first line', () => {
    expect(texts(`plain\n${stamped('x')}`)).toEqual(['plain', `${STAMP} x`])
    const lines = parse(`${stamped('x')}\nplain\n`)
    expect(lines.map((line) => line.stamp === null)).toEqual([false, true])
  })
})

describe('long lines', () => {
  it('of a mebibyte are whole', () => {
    expect(texts(`${'x'.repeat(1_048_576)}\nnext`).map((text) => text.length)).toEqual([1_048_576, 4])
  })

  it('are cut at a bound and marked as cut', () => {
    const [line, next] = parse(`${'x'.repeat(MOST_LINE_TEXT + 1)}\nnext`)
    expect(line && plainText(line).length).toBe(MOST_LINE_TEXT)
    expect([line?.cut, next?.cut]).toEqual([true, false])
  })
})
