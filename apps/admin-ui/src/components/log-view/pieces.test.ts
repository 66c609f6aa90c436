import { TraceParser } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { piecesOf } from './pieces.ts'

const lineOf = (text: string) => {
  const [line] = new TraceParser().push(`${text}\n`)
  if (!line) throw new Error('no line')
  return line
}
const texts = (text: string, most = 1_000) => piecesOf(lineOf(text), [], most).map((piece) => piece.text)

describe('pieces of a line', () => {
  it('are its runs', () => {
    expect(texts('a\x1b[31mb\x1b[0mc')).toEqual(['a', 'b', 'c'])
  })

  it('are cut where an address begins and ends, even across changes of colour', () => {
    const pieces = piecesOf(lineOf('see https://exa\x1b[31mmple.com/x.\x1b[0m now'), [], 1_000)
    expect(pieces.map(({ text, url }) => [text, url])).toEqual([
      ['see ', null],
      ['https://exa', 'https://example.com/x'],
      ['mple.com/x', 'https://example.com/x'],
      ['.', null],
      [' now', null],
    ])
  })

  it('show matches, and which one is current', () => {
    const found = [
      { start: 0, end: 2, current: false },
      { start: 4, end: 6, current: true },
    ]
    const pieces = piecesOf(lineOf('abcdab'), found, 1_000)
    expect(pieces.map(({ text, found }) => [text, found])).toEqual([
      ['ab', 'match'],
      ['cd', null],
      ['ab', 'current'],
    ])
  })

  it('contain no more than requested, and no half characters', () => {
    expect(texts('x'.repeat(500), 100)).toEqual(['x'.repeat(100)])
    expect(texts('ab🛹cd', 3)).toEqual(['ab'])
  })

  it('keep text as it is, with no markup interpreted', () => {
    expect(texts('<b>&amp;</b>')).toEqual(['<b>&amp;</b>'])
  })
})
