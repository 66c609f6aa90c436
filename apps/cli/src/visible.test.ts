import { describe, expect, it } from 'vitest'
import { columnsOf, manyLines, oneLine, safeJson, shorten } from './visible.ts'

describe('text from elsewhere', () => {
  it('has nothing that a terminal acts on', () => {
    expect(oneLine('a\tb\nc\rd\u001b[31m\u009b2J\u202ee\u2028\u0000')).toBe(
      'a\\tb\\nc\\rd\uFFFD[31m\uFFFD2J\uFFFDe\uFFFD\uFFFD',
    )
    expect(manyLines('a\r\nb\u001b[1m')).toBe('a\nb\uFFFD[1m')
    expect(oneLine('日本語 \u{1F600} é')).toBe('日本語 \u{1F600} é')
  })

  it('means the same in JSON', () => {
    const value = { 'k\u009b': 'a\u007f\u202e\n\u001b' }
    const text = safeJson(value)
    expect(text).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(text)).toEqual(value)
    expect(safeJson(undefined)).toBe('null')
  })

  it('is shortened between characters', () => {
    expect(columnsOf('日本')).toBe(4)
    expect(shorten('abc', 3)).toBe('abc')
    expect(shorten('abcd', 3)).toBe('ab…')
    expect(shorten('日本語', 4)).toBe('日…')
  })
})
