import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CoverageSearch } from './coverage-search.ts'

function numberIn(pattern: string, line: string): number | null {
  const steps = CoverageSearch.of(pattern)?.numberIn(line)
  for (;;) {
    const step = steps?.next()
    if (step === undefined || step.done) return step?.value ?? null
  }
}

describe('the coverage in a line', () => {
  it.each([
    ['Coverage: \\d+\\.\\d+%', 'Coverage: 87.5%', 87.5],
    ['Coverage: \\d+', 'Coverage: 10, Coverage: 20', 20],
    ['\\d+ of \\d+', '3 of 4', 3],
    ['TOTAL.*\\s(\\d+)%', 'TOTAL 120 13 89%', 89],
    ['(\\w+) is (\\d+)', 'it is 7', 7],
    ['(\\d+)%|(\\d+) percent', '12%', 12],
    ['\\d*', 'of 34 lines', 34],
    ['^\\s*(\\d+)$', '  007', 7],
    ['\\d+(?i)PERCENT', '5percent', 5],
    ['é (\\d+)', 'é 9', 9],
  ])('is that of %s in %j', (pattern, line, number) => {
    expect(numberIn(pattern, line)).toBe(number)
  })

  it.each([
    ['Coverage: \\d+', 'nothing here'],
    ['Coverage: \\w+', 'Coverage: 1, Coverage: none'],
    ['\\d+', '9'.repeat(400)],
    ['[', '5'],
    ['(?<=a)5', 'a5'],
    ['(((a{100}){10}b{100}){1,1}5){9}', '5'],
  ])('is null for %s in %j', (pattern, line) => {
    expect(numberIn(pattern, line)).toBeNull()
  })

  it('is found at any place of a line that is searched in parts', () => {
    const length = 300_000
    for (const at of [0, 1, 4_000, 60_000, 150_000, length - 20]) {
      const line = `${'x'.repeat(at)}Coverage: 61.25%${'y'.repeat(length - at)}`
      expect(numberIn('Coverage: (\\d+\\.\\d+)%', line)).toBe(61.25)
    }
  })

  it('is given up when a hostile expression takes too many steps', () => {
    const search = CoverageSearch.of('(?:(?:1.*)*(?:1.*)*(?:1.*)*z)?1', 5_000_000)
    let steps = 0
    for (const line of Array.from({ length: 1_000 }, () => '1'.repeat(20_000))) {
      if (search?.isOver) break
      for (const _ of search?.numberIn(line) ?? []) steps += 1
    }
    expect(search?.isOver).toBe(true)
    expect(steps).toBeLessThan(100)
  })

  it('is a number or null for every expression and line', () => {
    const part = fc.constantFrom('\\d', '+', '*', '(', ')', '|', '.', '[0-9]', '%', '{2,9}', '^', '$', 'é', '💥', ' ')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.string({ unit: 'grapheme' }), (parts, line) => {
        const number = numberIn(parts.join(''), `${line}50%${line}`)
        expect(number === null || Number.isFinite(number)).toBe(true)
      }),
    )
  })
})
