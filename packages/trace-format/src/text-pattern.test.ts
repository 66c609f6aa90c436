import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { regularPattern } from './regular-pattern.ts'
import { literalPattern, type TextPattern } from './text-match.ts'

const search = (text: string, query: string, { regex = false, caseSensitive = false } = {}) => {
  const pattern = regex ? regularPattern(query, caseSensitive) : literalPattern(query, caseSensitive)
  if ('problem' in pattern) throw new Error(pattern.problem)
  expect(pattern.test(text)).toBe(pattern.find(text, 1).length > 0)
  return pattern.find(text, 100).map(({ start, end }) => text.slice(start, end))
}

describe('searching text by words', () => {
  it('ignores case unless asked to respect it', () => {
    expect(search('Error error ERROR', 'error')).toEqual(['Error', 'error', 'ERROR'])
    expect(search('Error error ERROR', 'error', { caseSensitive: true })).toEqual(['error'])
    expect(search('GRÜSSE Grüße', 'grüße')).toEqual(['Grüße'])
  })

  it('takes every character literally', () => {
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

describe('searching a long text in steps', () => {
  it('finds what a search in one piece finds, wherever the seams are', () => {
    // Letters with case variants, of one unit and of two.
    const letters = fc.constantFrom('a', 'A', 'ß', 'ẞ', 'ſ', 's', '\u{10400}', '\u{10428}', '🛹', '\udf39')
    const word = fc.array(letters, { minLength: 400, maxLength: 500 }).map((all) => all.join(''))
    fc.assert(
      fc.property(
        word,
        fc.array(fc.nat({ max: 3_000 }), { maxLength: 8 }),
        fc.boolean(),
        (query, gaps, caseSensitive) => {
          const text = gaps.map((gap) => 'aA🛹'.repeat(gap).slice(0, gap) + query.toUpperCase() + query).join('')
          const escaped = query.replace(/./gu, '[$&]')
          const whole = [...text.matchAll(new RegExp(escaped, caseSensitive ? 'gu' : 'giu'))]
          const expected = whole
            .slice(0, 5)
            .map((match) => ({ start: match.index, end: match.index + match[0].length }))
          expect(literalPattern(query, caseSensitive).find(text, 5)).toEqual(expected)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('pauses while it searches, and not in a short text', () => {
    const steps = (pattern: TextPattern, text: string) => [...pattern.findInSteps(text, 1)].length
    const words = literalPattern(`${'a'.repeat(499)}b`, false)
    expect(steps(words, 'a'.repeat(words.stepLength))).toBe(0)
    expect(steps(words, 'a'.repeat(100 * words.stepLength))).toBeGreaterThanOrEqual(99)
    const pattern = regularPattern('(a{1,50}b){1,20}c', true)
    if ('problem' in pattern) throw new Error(pattern.problem)
    expect(steps(pattern, 'a'.repeat(200_000))).toBeGreaterThan(1)
  })
})

describe('searching text by regular expressions', () => {
  const regex = true

  it('finds all matches without overlap', () => {
    expect(search('took 12ms, then 340ms', '\\d+ms', { regex })).toEqual(['12ms', '340ms'])
    expect(search('Error', 'e', { regex, caseSensitive: true })).toEqual([])
  })

  it('takes ^ and $ as line ends, and finds empty lines', () => {
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

  it('finishes with patterns that would never finish in a backtracking engine', () => {
    const text = 'a'.repeat(1_000_000)
    for (const query of ['(a+)+$b', '(a|aa)+c', '(.*a){20}b', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      expect(search(text, query, { regex, caseSensitive: true })).toEqual([])
    }
  })

  it('finishes when every match requires a scan of the whole line', () => {
    const text = 'x'.repeat(1_000_000)
    expect(search(text, '(x*y)?', { regex })).toEqual([''])
    expect(search(text, 'x*y|x', { regex })[0]).toBe('x')
  })

  it('finds every match in a short line while the machine runs something else', () => {
    let seconds = 0
    const clock = vi.spyOn(process, 'threadCpuUsage').mockImplementation(() => {
      seconds += 1
      return { user: seconds * 1_000_000, system: 0 }
    })
    onTestFinished(() => clock.mockRestore())
    const matches = Array.from({ length: 100 }, (_, index) => `${index}ms`)
    expect(search(matches.join(' '), '\\d+ms', { regex })).toEqual(matches)
  })

  it('finds short matches anywhere in a line that is searched in parts', () => {
    const query = '(?:needle|[0-9]{900}|[a-f]{900}|[g-m]{900})'
    for (const at of [0, 4_000, 5_500, 9_000, 15_000]) {
      const text = `${'x'.repeat(at)}needle${'x'.repeat(20_000 - at)}`
      expect(search(text, query, { regex })).toEqual(['needle'])
    }
  })
})
