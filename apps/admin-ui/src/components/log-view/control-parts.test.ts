import { expect, it } from 'vitest'
import { controlParts } from './control-parts.ts'

it('gives control characters signs, and leaves all other text as it is', () => {
  expect(controlParts('a\u0007b\u0000\u007f\u009b')).toEqual([
    { start: 0, text: 'a', sign: null },
    { start: 1, text: '\u0007', sign: '^G' },
    { start: 2, text: 'b', sign: null },
    { start: 3, text: '\u0000', sign: '^@' },
    { start: 4, text: '\u007f', sign: '^?' },
    { start: 5, text: '\u009b', sign: '\\x9b' },
  ])
  for (const text of ['', 'plain', 'tab\tand ünï 日本 \u{1f600}']) {
    expect(controlParts(text)).toEqual([{ start: 0, text, sign: null }])
  }
})

it('keeps every character, also of a text that has thousands of them', () => {
  const text = '\u0001x'.repeat(5_000)
  const parts = controlParts(text)
  expect(parts.map((part) => part.text).join('')).toBe(text)
  expect(parts.length).toBeLessThan(1_100)
})
