import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern, type PatternChoice } from './text-pattern.ts'

const search = (text: string, query: string, choice: Partial<PatternChoice> = {}) => {
  const compiled = compilePattern({ query, regex: false, caseSensitive: false, ...choice })
  if (!compiled.ok) throw new Error(compiled.error.reason)
  expect(compiled.value.test(text)).toBe(compiled.value.find(text, 1).length > 0)
  return compiled.value.find(text, 100).map(({ start, end }) => text.slice(start, end))
}

describe('searching text by words', () => {
  it('takes case for nothing unless it is asked to', () => {
    expect(search('Error error ERROR', 'error')).toEqual(['Error', 'error', 'ERROR'])
    expect(search('Error error ERROR', 'error', { caseSensitive: true })).toEqual(['error'])
    expect(search('GRÜSSE Grüße', 'grüße')).toEqual(['Grüße'])
  })

  it('takes every character for itself', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
        fc.string(),
        fc.boolean(),
        (query, around, caseSensitive) => {
          const found = search(`${around}${query}${around}`, query, { caseSensitive })
          expect(found.length).toBeGreaterThan(0)
        },
      ),
    )
    expect(search('a.b a+b (a|b)', '(a|b)')).toEqual(['(a|b)'])
  })
})

describe('searching text by regular expressions', () => {
  const regex = true

  it('finds all matches, apart', () => {
    expect(search('took 12ms, then 340ms', '\\d+ms', { regex })).toEqual(['12ms', '340ms'])
    expect(search('Error', 'e', { regex, caseSensitive: true })).toEqual([])
  })

  it('takes line ends for ^ and $, and finds empty lines', () => {
    expect(search('ok then ok', '^ok', { regex })).toEqual(['ok'])
    expect(search('', '^$', { regex })).toEqual([''])
    expect(search('baab', 'a*', { regex })).toEqual(['aa'])
  })

  it.each(['(', '[a', 'a{2,1}', '(?=a)', '\\1', '(?<=a)b', '(((a{1000}){1000}){1000})', '\\p{Nope}'])(
    'refuses %j with a reason',
    (query) => {
      const compiled = compilePattern({ query, regex, caseSensitive: true })
      expect(compiled.ok).toBe(false)
      expect(!compiled.ok && compiled.error.reason).toMatch(/\w/)
    },
  )

  it('refuses a pattern that is too large', () => {
    const compiled = compilePattern({ query: '(?:\\w{900}|\\d{900}){1}'.repeat(5), regex, caseSensitive: true })
    expect(compiled).toMatchObject({
      ok: false,
      error: { kind: 'pattern_invalid', reason: 'the pattern is too large' },
    })
  })

  it('comes to an end with patterns that would never do so in an engine that backtracks', () => {
    const text = 'a'.repeat(1_000_000)
    for (const query of ['(a+)+$b', '(a|aa)+c', '(.*a){20}b', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      expect(search(text, query, { regex, caseSensitive: true })).toEqual([])
    }
  })

  it('comes to an end where every match costs a look at the whole line', () => {
    const text = 'x'.repeat(1_000_000)
    expect(search(text, '(x*y)?', { regex })).toEqual([''])
    expect(search(text, 'x*y|x', { regex })[0]).toBe('x')
  })

  it('finds short matches anywhere in a line that is searched in parts', () => {
    const query = '(?:needle|[0-9]{900}|[a-f]{900}|[g-m]{900})'
    for (const at of [0, 4_000, 5_500, 9_000, 123_456]) {
      const text = `${'x'.repeat(at)}needle${'x'.repeat(200_000 - at)}`
      expect(search(text, query, { regex })).toEqual(['needle'])
    }
  })
})
