import { describe, expect, it } from 'vitest'
import { Folding, type HiddenLines } from './folding.ts'

/** The expected lines, computed one by one. */
function shownLines(lineCount: number, hidden: readonly HiddenLines[]): number[] {
  const lines = Array.from({ length: lineCount }, (_, index) => index + 1)
  return lines.filter((line) => !hidden.some(({ first, last }) => first <= line && line <= last))
}

const CASES: readonly (readonly [string, number, readonly HiddenLines[]])[] = [
  ['nothing folded', 10, []],
  ['an empty log', 0, [{ first: 1, last: 5 }]],
  ['one section', 10, [{ first: 3, last: 6 }]],
  [
    'sections side by side',
    20,
    [
      { first: 12, last: 14 },
      { first: 2, last: 4 },
      { first: 5, last: 7 },
    ],
  ],
  [
    'one section inside another',
    20,
    [
      { first: 3, last: 15 },
      { first: 5, last: 7 },
    ],
  ],
  [
    'sections that overlap',
    20,
    [
      { first: 3, last: 8 },
      { first: 6, last: 12 },
    ],
  ],
  ['a section that is still open', 20, [{ first: 8, last: Number.POSITIVE_INFINITY }]],
  ['a section beyond the end', 5, [{ first: 8, last: 9 }]],
  ['an empty section', 5, [{ first: 3, last: 2 }]],
]

describe('rows and lines', () => {
  it.each(CASES)('map to each other with %s', (_, lineCount, hidden) => {
    const folding = new Folding(lineCount, hidden)
    const shown = shownLines(lineCount, hidden)
    expect(folding.rowCount).toBe(shown.length)
    shown.forEach((line, row) => {
      expect(folding.lineAt(row)).toBe(line)
      expect(folding.rowOf(line)).toBe(row)
    })
    for (let line = 1; line <= lineCount; line++) expect(folding.isHidden(line)).toBe(!shown.includes(line))
  })

  it('map a hidden line to the row it is folded into', () => {
    const folding = new Folding(20, [{ first: 3, last: 6 }])
    expect([3, 5, 6].map((line) => folding.rowOf(line))).toEqual([1, 1, 1])
  })

  it('map numbers out of range to the nearest valid one', () => {
    const folding = new Folding(10, [{ first: 3, last: 6 }])
    expect([folding.lineAt(-5), folding.lineAt(99), folding.rowOf(-5), folding.rowOf(99)]).toEqual([1, 10, 0, 5])
  })
})
