import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Line, plainText, type Span } from './line.ts'
import { changeLines } from './line-change.ts'
import { TraceParser } from './parser.ts'
import type { TraceState } from './state.ts'

/** A stored line in meaningful parts. */
interface Stored {
  readonly stream: string
  readonly goesOn: boolean
  readonly parts: readonly string[]
}

const RED = '\x1b[31m'
const RESET = '\x1b[0m'

const stored: fc.Arbitrary<Stored> = fc.record({
  stream: fc.constantFrom('00O', '01O', '01E', '0fO'),
  goesOn: fc.boolean(),
  parts: fc.array(fc.constantFrom('a', 'bc', ' ', 'ü🚂', '\r', RED, RESET, 'tests', 'section_'), { maxLength: 4 }),
})
const log = fc.array(stored, { maxLength: 25 })

const second = (turn: number) => `2024-05-14T11:43:19.${String(turn).padStart(6, '0')}Z`
const textOf = (lines: readonly Stored[]): string =>
  lines
    .map(({ stream, goesOn, parts }, turn) => `${second(turn)} ${stream}${goesOn ? '+' : ' '}${parts.join('')}\n`)
    .join('')

interface Shown {
  readonly text: string
  readonly red: string
  readonly time: string
}

/** Returns what a log shows, by the rules alone: each stream has one open line and one style. */
function rebuilt(log: readonly Stored[]): Shown[] {
  const lines: { parts: { text: string; red: boolean }[]; returned: boolean; time: string }[] = []
  const open = new Map<string, (typeof lines)[number]>()
  const red = new Map<string, boolean>()
  log.forEach(({ stream, goesOn, parts }, turn) => {
    let line = goesOn ? open.get(stream) : undefined
    if (!line) {
      line = { parts: [], returned: false, time: '' }
      lines.push(line)
      open.set(stream, line)
    }
    line.time = second(turn)
    for (const part of parts) {
      if (part === '\r') {
        line.returned = true
        continue
      }
      if (line.returned) line.parts = []
      line.returned = false
      if (part === RED || part === RESET) red.set(stream, part === RED)
      else line.parts.push({ text: part, red: red.get(stream) === true })
    }
  })
  return lines.map(({ parts, time }) => ({
    text: parts.map(({ text }) => text).join(''),
    red: parts.map((part) => (part.red ? part.text : '')).join(''),
    time,
  }))
}

const shown = (line: Line): Shown => ({
  text: plainText(line),
  red: line.spans.map(({ text, style }: Span) => (style.fg ? text : '')).join(''),
  time: line.stamp?.time ?? '',
})

function parse(text: string, state?: TraceState, size = Number.POSITIVE_INFINITY): Line[] {
  const parser = new TraceParser(state)
  let lines: Line[] = []
  for (let at = 0; at < text.length; at += size) {
    lines.push(...parser.push(text.slice(at, at + size)))
    lines = changeLines(lines, parser.changes)
  }
  lines.push(...parser.end())
  return changeLines(lines, parser.changes)
}

const line = (stream: string, mark: ' ' | '+', text: string, turn = 0) => `${second(turn)} ${stream}${mark}${text}\n`
const texts = (text: string) => parse(text).map(plainText)

describe('streams that write at the same time', () => {
  it('lose nothing, however the log is cut: each has its own open line', () => {
    fc.assert(
      fc.property(log, fc.integer({ min: 1, max: 50 }), (lines, size) => {
        const text = textOf(lines)
        expect(parse(text).map(shown)).toEqual(rebuilt(lines))
        expect(parse(text, undefined, size).map(shown)).toEqual(rebuilt(lines))
      }),
      { numRuns: 300 },
    )
  })

  it('read the same from the start of any line as in the whole log', () => {
    fc.assert(
      fc.property(log, (lines) => {
        const text = textOf(lines)
        const whole = parse(text)
        const parser = new TraceParser()
        let before = -1
        for (const character of text) {
          parser.push(character)
          if (parser.place.offset === before) continue
          before = parser.place.offset
          const { state, offset } = JSON.parse(JSON.stringify(parser.save())) as ReturnType<typeof parser.save>
          expect(parse(text.slice(offset), state).map(shown)).toEqual(whole.slice(state.line - 1).map(shown))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('report every line that continues, even those before the state that is parsed from', () => {
    fc.assert(
      fc.property(log, (lines) => {
        const text = textOf(lines)
        const whole = parse(text)
        const parser = new TraceParser()
        const before: Line[] = []
        let last = -1
        for (const character of text) {
          before.push(...parser.push(character))
          if (parser.place.offset === last) continue
          last = parser.place.offset
          const { state, offset } = parser.save()
          const rest = new TraceParser(state)
          const after = rest.push(text.slice(offset))
          const known = new TraceParser()
          known.push(text.slice(0, offset))
          const all = [...before, ...after, ...rest.unfinished().lines]
          expect(changeLines(all, [...known.changes, ...rest.changes]).map(shown)).toEqual(whole.map(shown))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('show an error beside a progress bar, which keeps its place', () => {
    const log = [
      line('01E', ' ', '10%\r'),
      line('01O', ' ', 'error: file not found'),
      line('01E', '+', '20%\r'),
      line('01E', '+', 'done', 3),
    ].join('')
    expect(parse(log).map(shown)).toEqual([
      { text: 'done', red: '', time: second(3) },
      { text: 'error: file not found', red: '', time: second(0) },
    ])
  })

  it('join long lines that were cut', () => {
    const part = 'x'.repeat(8_192)
    const log = [
      line('01O', ' ', part),
      line('0fO', ' ', `service ${part}`),
      line('01O', '+', part),
      line('00E', ' ', 'warning'),
      line('0fO', '+', 'end of service'),
      line('01O', '+', 'end of script'),
    ].join('')
    expect(texts(log)).toEqual([`${part}${part}end of script`, `service ${part}end of service`, 'warning'])
  })

  it('begin a line when there is no line to continue', () => {
    expect(texts(line('01O', '+', 'a') + line('01E', '+', 'b') + line('01O', '+', 'c'))).toEqual(['ac', 'b'])
  })

  it('never continue text without a stamp', () => {
    expect(texts(`${line('01O', ' ', 'a')}none\n${line('01O', '+', 'b')}`)).toEqual(['ab', 'none'])
  })

  it('don’t overwrite a header of another stream, and open sections from continued lines', () => {
    const log = [
      line('00O', ' ', 'section_start:100:step\r\x1b[0K'),
      line('01E', ' ', '1%\r'),
      line('00O', '+', 'Running'),
      line('01E', '+', '2%'),
      line('01E', '+', 'section_start:110:mine\r\x1b[0KMine'),
      line('01O', ' ', 'text'),
      line('00O', '+', 'section_end:160:step\r\x1b[0K'),
      line('00O', '+', 'ERROR'),
    ].join('')
    expect(parse(log).map((line) => [plainText(line), line.section?.name, line.depth, line.ends.length])).toEqual([
      ['Running', 'step', 0, 0],
      ['2%', undefined, 1, 0],
      ['Mine', 'mine', 1, 0],
      ['text', undefined, 2, 0],
      ['ERROR', undefined, 0, 2],
    ])
  })

  it('do not hide a marker that was cut in two with other streams between', () => {
    const marker = 'section_start:100:a\r\x1b[0K'
    for (let cut = 1; cut < marker.length; cut++) {
      const log = [
        line('01O', ' ', `before ${marker.slice(0, cut)}`),
        line('01E', ' ', 'other'),
        line('01O', '+', `${marker.slice(cut)}Header`),
      ].join('')
      const lines = parse(log)
      expect(lines.map(plainText)).toEqual(['before ', 'other', 'Header'])
      expect(lines[2]?.section?.name).toBe('a')
      const parser = new TraceParser()
      parser.push(log)
      const { state, offset } = parser.save()
      expect(parse(log.slice(offset), state)).toEqual(lines.slice(2))
    }
  })

  it('show the beginning of a marker that was never completed', () => {
    const log = (after: string) =>
      [line('01O', ' ', 'section_start:1:'), line('01E', ' ', 'other'), after].map(String).join('')
    expect(texts(log(''))).toEqual(['section_start:1:', 'other'])
    expect(texts(log(line('01O', '+', '/')))).toEqual(['section_start:1:/', 'other'])
    expect(texts(log(line('01O', ' ', 'x')))).toEqual(['section_start:1:', 'other', 'x'])
    expect(texts(log(line('01O', '+', 'section_start:2:b\r\x1b[0KB')))).toEqual(['section_start:1:', 'other', 'B'])
  })

  it('keep a bounded state, however many streams there are', () => {
    const parser = new TraceParser()
    for (let turn = 0; turn < 2_000; turn++) {
      const stream = `${(turn % 256).toString(16).padStart(2, '0')}${turn % 2 ? 'E' : 'O'}`
      parser.push(line(stream, turn % 3 ? ' ' : '+', 'x'.repeat(500)))
    }
    const { state } = parser.save()
    expect(state.streams.length).toBeLessThanOrEqual(512)
    expect(JSON.stringify(state).length).toBeLessThan(100_000)
  })
})
