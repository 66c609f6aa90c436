import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  faultInLine,
  faultInProse,
  faultInText,
  isStorable,
  LINE_PATTERNS,
  PROSE_PATTERNS,
  shownText,
  TEXT_PATTERNS,
  toStorable,
} from './text.ts'

const NAMES = [
  'build',
  'héllo wörld',
  '日本語',
  'עברית',
  'العربية',
  'a\u200cb',
  '👩‍👩‍👧',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '·',
  'e\u0301',
  '-',
  '☃',
]
const BLANK = [
  '',
  ' ',
  '\u00a0',
  '\u3000',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\u2060',
  '\u00ad',
  '\u3164',
  '\u115f',
  '\u2800',
  '\u0301',
]
const HIDING = [
  '\u202a',
  '\u202b',
  '\u202c',
  '\u202d',
  '\u202e',
  '\u2066',
  '\u2067',
  '\u2068',
  '\u2069',
  '\u200e',
  '\u200f',
  '\u061c',
]

describe('a text on one line', () => {
  it.each(NAMES)('may be %j', (text) => expect(faultInLine(text)).toBe(null))

  it.each(BLANK)('may not be %j, which is invisible', (text) =>
    expect(faultInLine(text)?.found).toMatch(/^nothing|character/),
  )

  it.each(HIDING)('may not have %j, which changes how it reads', (character) =>
    expect(faultInLine(`a${character}b`)?.found).toMatch(/^an invisible character \(U\+/),
  )

  it.each(['a\nb', 'a\r', '\u2028a', 'a\u0085b'])('may not have a line break, as %j has', (text) =>
    expect(faultInLine(text)?.found).toMatch(/^a line break/),
  )

  it.each(['a\tb', '\u001b[31m', '\u007fa', 'a\u009b'])('may not have a control character, as %j has', (text) =>
    expect(faultInLine(text)?.found).toMatch(/^a control character/),
  )
})

it('a text of several lines may have tabs and line breaks; otherwise the rules for one line apply', () => {
  expect(faultInProse('one\n\ttwo\r\nthree')).toBe(null)
  for (const text of [...BLANK, '\n\n', 'a\u202eb', 'a\u001b[0m']) expect(faultInProse(text)).not.toBe(null)
})

it('any other text may have everything but NUL characters and unpaired surrogates', () => {
  expect(faultInText(' \n\u202e')).toBe(null)
  expect(faultInText('a\0')).toEqual({ found: 'a NUL character', allowed: 'text without one' })
  for (const text of ['\ud83d', '\udc00a', 'a\ud800b'])
    expect(faultInText(text)?.found).toBe('half of a surrogate pair')
})

it('documents ask the same of a text as the rules do', () => {
  const rules = [
    [faultInText, TEXT_PATTERNS.map((pattern) => new RegExp(pattern, 'u'))],
    [faultInLine, LINE_PATTERNS.map((pattern) => new RegExp(pattern, 'u'))],
    [faultInProse, PROSE_PATTERNS.map((pattern) => new RegExp(pattern, 'u'))],
  ] as const
  const agree = (text: string) =>
    rules.every(([fault, patterns]) => patterns.every((one) => one.test(text)) === (fault(text) === null))
  const everyCharacter = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code))
  for (const before of ['', 'a', ' ', '\n'])
    expect(everyCharacter.map((character) => before + character).filter((text) => !agree(text))).toEqual([])
  fc.assert(fc.property(fc.string({ unit: 'binary' }), agree))
})

it('no rule accepts text that can’t be stored, and shown text can always be stored', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
      (text) => {
        const utf8 = Buffer.from(text).toString()
        expect(isStorable(text)).toBe(utf8 === text && !text.includes('\0'))
        if (!isStorable(text))
          for (const fault of [faultInText, faultInLine, faultInProse]) expect(fault(text)).not.toBe(null)
        expect(isStorable(shownText(text))).toBe(true)
        expect(shownText(shownText(text))).toBe(shownText(text))
      },
    ),
  )
})

it('the name that a runner gives itself is shown with its hidden characters made visible', () => {
  expect(shownText('edge\u202e\u0007-07\ud83d\n')).toBe('edge\ufffd\ufffd-07\ufffd\n')
})

it('replaces in any text what cannot be stored, and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\0', '\ud800', '\udc00', 'é', '\n', '😀') }), (text) => {
      const stored = toStorable(text)
      expect(isStorable(stored)).toBe(true)
      expect(stored).toHaveLength(text.length)
      if (isStorable(text)) expect(stored).toBe(text)
    }),
  )
})
