import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { regularPattern } from './regular-pattern.ts'
import { literalPattern } from './text-match.ts'

const search = (text: string, query: string, { regex = false, caseSensitive = false } = {}) => {
  const pattern = regex ? regularPattern(query, caseSensitive) : literalPattern(query, caseSensitive)
  if ('problem' in pattern) throw new Error(pattern.problem)
  expect(pattern.test(text)).toBe(pattern.find(text, 1).length > 0)
  return pattern.find(text, 100).map(({ start, end }) => text.slice(start, end))
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
      expect(regularPattern(query, true)).toEqual({ problem: expect.stringMatching(/\w/) })
    },
  )

  it('refuses a pattern that is too large', () => {
    const query = '(?:\\w{900}|\\d{900}){1}'.repeat(5)
    expect(regularPattern(query, true)).toEqual({ problem: 'the pattern is too large' })
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
