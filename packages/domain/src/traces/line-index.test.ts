import { changeLines, type Line, plainText, type Severity, severityOf, TraceParser } from '@yardmaster/trace-format'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkpointFor, LineIndexer, MOST_SECTIONS } from './line-index.ts'
import { MOST_NUMBERS } from './line-numbers.ts'

const start = (name: string, at = 100) => `section_start:${at}:${name}\r\x1b[0K`
const end = (name: string, at = 160) => `section_end:${at}:${name}\r\x1b[0K`

function parse(bytes: Uint8Array, state?: ConstructorParameters<typeof TraceParser>[0]): Line[] {
  const parser = new TraceParser(state)
  const lines = parser.push(bytes)
  const { changes } = parser
  lines.push(...parser.end())
  return changeLines(lines, [...changes, ...parser.changes])
}

const index = (log: string | Uint8Array = '') => indexPieces([Buffer.from(log as string)])

function indexPieces(pieces: readonly Uint8Array[]): LineIndexer {
  const indexer = new LineIndexer()
  for (const piece of pieces) for (const _ of indexer.push(piece));
  indexer.finish()
  return indexer
}

const facts = ({ bytes, lines, checkpoints, sections, errorLines, warningLines, redLines }: LineIndexer) => ({
  bytes,
  lines,
  checkpoints,
  sections,
  ...{ errorLines, warningLines, redLines },
})

const line = fc.oneof(
  fc.constantFrom(
    '',
    'plain',
    'Grüße 🚂',
    '\x1b[31mred',
    'error: one',
    '\x1b[33mwarning: two',
    'FAILED: ünï',
    '✗ ',
    ' err',
    '\x1b[0m',
    'a\rb',
    `${start('a')}A`,
    `${end('a')}`,
    'x\x1b[1',
  ),
  fc.constantFrom(`text${start('b')}B`, `${end('b')}${start('c')}C`, `${end('c')}rest`),
)
/** Logs long enough for several checkpoints. */
const log = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 200 }), fc.boolean())
  .map(([lines, width, stamped]) =>
    Array.from({ length: 40 }, () => lines)
      .flat()
      .map((text, number) => {
        const stream = ['01O', '01E', '00O'][(number * number) % 3]
        const prefix = `2024-05-14T11:43:19.997683Z ${stream}${number % 5 === 4 ? '+' : ' '}`
        return `${stamped ? prefix : ''}${text}${'.'.repeat(width)}\n`
      })
      .join(''),
  )

describe('the index of a log', () => {
  it('agrees with the parser: lines, their severity, section headers', () => {
    fc.assert(
      fc.property(log, (text) => {
        const bytes = Buffer.from(text)
        const lines = parse(bytes)
        const found = index(bytes)
        expect(found.lines).toBe(lines.length)
        const of = (severity: Severity) =>
          lines.filter((line) => severityOf(line) === severity).map(({ number }) => number)
        expect(found.errorLines).toEqual(of('error'))
        expect(found.warningLines).toEqual(of('warning'))
        expect(found.redLines).toEqual(of('red'))
        expect(found.sections.map(({ startLine, header }) => [startLine, header])).toEqual(
          lines
            .filter(({ section }) => section)
            .map((line) => [line.number, Array.from(plainText(line).trim()).slice(0, 200).join('')]),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('has checkpoints at byte offsets from which the same lines follow', () => {
    fc.assert(
      fc.property(log, (text) => {
        const bytes = Buffer.from(text)
        const lines = parse(bytes)
        const { checkpoints } = index(bytes)
        expect(checkpoints.length).toBeGreaterThan(bytes.length / 200_000)
        for (const { offset, state } of checkpoints) {
          expect(parse(bytes.subarray(offset), state)).toEqual(lines.slice(state.line - 1))
        }
      }),
      { numRuns: 20 },
    )
  })

  it('has the same contents, except for its checkpoints, whatever pieces the log came in', () => {
    fc.assert(
      fc.property(log, fc.integer({ min: 50, max: 5_000 }), (text, size) => {
        const bytes = Buffer.from(text)
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, turn) =>
          bytes.subarray(turn * size, (turn + 1) * size),
        )
        const { checkpoints: _, ...whole } = facts(index(bytes))
        expect(facts(indexPieces(pieces))).toMatchObject(whole)
      }),
      { numRuns: 20 },
    )
  })

  it('finds the last checkpoint at or before a line', () => {
    const { checkpoints } = index('some line of text\n'.repeat(20_000))
    for (const wanted of [1, 2, 1_999, 2_000, 19_999, 20_000, 30_000]) {
      const expected = checkpoints.findLast(({ state }) => state.line <= wanted)
      expect(checkpointFor({ checkpoints }, wanted)).toBe(expected)
    }
  })

  it('has a checkpoint right behind a line that is longer than the distance between two', () => {
    const { checkpoints } = index(`a\n${'x'.repeat(1_000_000)}\nb\nc\n`)
    expect(checkpoints.map(({ state, offset }) => [state.line, offset])).toEqual([
      [1, 0],
      [3, 1_000_003],
    ])
  })

  it('lists sections with the lines that folding them hides', () => {
    const { sections } = index(
      `${start('a')}Prepare\nx\n${end('a')}${start('b', 200)}Läuft 🚂\ny\n${end('b', 230)}\nlast\n${start('c')}open\nz\n`,
    )
    const all = { options: {}, depth: 0 }
    const b = { name: 'b', header: 'Läuft 🚂', startLine: 3, endLine: 5, startedAt: 200, endedAt: 230 }
    expect(sections).toEqual([
      { name: 'a', header: 'Prepare', ...all, startLine: 1, endLine: 2, footer: false, startedAt: 100, endedAt: 160 },
      { ...b, ...all, footer: true },
      { name: 'c', header: 'open', ...all, startLine: 7, endLine: null, footer: false, startedAt: 100, endedAt: null },
    ])
  })

  it('ends a section that begins again before it ended, without a duration', () => {
    const { sections } = index(`${start('a')}one\nx\n${start('a', 300)}two\ny\n${end('a', 310)}\n`)
    expect(sections.map(({ endLine, endedAt }) => [endLine, endedAt])).toEqual([
      [2, null],
      [5, 310],
    ])
  })

  it('ends the open sections inside a section together with it', () => {
    const { sections } = index(
      `${start('step')}S\n${start('mine', 110)}M\nx\n${end('step')}${start('next', 160)}N\nERROR\n`,
    )
    expect(sections.map(({ name, startLine, endLine, endedAt }) => [name, startLine, endLine, endedAt])).toEqual([
      ['step', 1, 3, 160],
      ['mine', 2, 3, 160],
      ['next', 4, null, null],
    ])
  })

  it('notes the first time stamp, whatever pieces the log came in', () => {
    const log = Buffer.from('2024-05-14T11:43:19.997683Z 00O one\n2024-05-14T11:43:20.997683Z 00O two\n')
    for (const size of [1, 7, 31, 32, 33, 1_000]) {
      const pieces = Array.from({ length: Math.ceil(log.length / size) }, (_, turn) =>
        log.subarray(turn * size, (turn + 1) * size),
      )
      expect(indexPieces(pieces).firstStamp).toBe('2024-05-14T11:43:19.997683Z')
    }
    expect(index('plain\n2024-05-14T11:43:19.997683Z 00O one\n').firstStamp).toBeNull()
    expect(index('2024-05-14T11:43').firstStamp).toBeNull()
  })

  it('keeps bounded states, however many streams there are', () => {
    const line = (turn: number) =>
      `2024-05-14T11:43:19.997683Z ${(turn % 256).toString(16).padStart(2, '0')}${turn % 512 < 256 ? 'O' : 'E'} ${'x'.repeat(2_000)}\n`
    const { checkpoints } = index(Array.from({ length: 8_000 }, (_, turn) => line(turn)).join(''))
    expect(checkpoints.length).toBeGreaterThan(10)
    expect(checkpoints.reduce((sum, { state }) => sum + state.streams.length, 0)).toBeLessThanOrEqual(32_768)
    expect(checkpoints.at(-1)?.state.streams).toHaveLength(512)
  })

  it('applies continuations of lines to their severity and to headers', () => {
    const piece = (stream: string, text: string) => `2024-05-14T11:43:19.997683Z ${stream}${text}\n`
    const found = index(
      [
        piece('00O', ` ${start('a')}Pre`),
        piece('01E', ' \x1b[31mwrong\x1b[0m\r'),
        piece('01O', ' fine'),
        piece('00O', '+pare'),
        piece('01E', '+all is well'),
        piece('01O', '+\x1b[31m, not\x1b[0m'),
        piece('02E', ' warning: dim\r'),
        piece('02O', ' err'),
        piece('02E', '+error: out'),
        piece('02O', '+or is no word of its own'),
      ].join(''),
    )
    expect(found.sections.map(({ header }) => header)).toEqual(['Prepare'])
    expect([found.redLines, found.redLineCount]).toEqual([[3], 1])
    expect([found.errorLines, found.errorLineCount]).toEqual([[4], 1])
    expect([found.warningLines, found.warningLineCount]).toEqual([[], 0])
  })

  it('lists a bounded number of sections and of lines that report errors, and counts all', () => {
    const found = index(`${start('a')}error: no\n`.repeat(MOST_NUMBERS + 5))
    expect([found.sections.length, found.sectionCount]).toEqual([MOST_SECTIONS, MOST_NUMBERS + 5])
    expect([found.errorLines.length, found.errorLineCount]).toEqual([MOST_NUMBERS, MOST_NUMBERS + 5])
  })

  it('has no lines of an empty log', () => {
    expect(facts(index())).toMatchObject({ bytes: 0, lines: 0, sections: [], errorLines: [] })
  })
})
