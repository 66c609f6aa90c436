import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findBlocks } from './find-blocks.ts'

const inside = (text: string) => findBlocks(text).map((block) => block.inside)

/** What the reference searches for. */
const PATTERN = /\$\[\[[ \t\n\r\f]*([^ \t\n\r\f][^\n]*?[^ \t\n\r\f])[ \t\n\r\f]*\]\]/g

describe('findBlocks', () => {
  it('finds each block without the blanks around what it says', () => {
    expect(inside('a $[[ inputs.a ]] b $[[inputs.b|truncate(0,1)\t]] c')).toEqual([
      'inputs.a',
      'inputs.b|truncate(0,1)',
    ])
    expect(inside('$[[\n inputs.a \n]]')).toEqual(['inputs.a'])
  })

  it('leaves what is not closed, is empty, or goes over a line break', () => {
    expect(inside('$[[ inputs.a')).toEqual([])
    expect(inside('$[[ ]]')).toEqual([])
    expect(inside('$[[ a\nb ]]')).toEqual([])
    expect(inside('$[ inputs.a ]')).toEqual([])
  })

  it('finds what the pattern of the reference finds', () => {
    const piece = fc.constantFrom('$[[', '$', '[', ']]', ']', ' ', '\n', 'ab', 'c', '|', '.')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('')
        expect(inside(text)).toEqual([...text.matchAll(PATTERN)].map(([, data]) => data))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes texts full of openings', () => {
    const size = 300_000
    expect(findBlocks('$[['.repeat(size))).toEqual([])
    expect(findBlocks(`${'$[[ x\n'.repeat(size)}]]`)).toEqual([])
    expect(findBlocks(`${'$[[ xy\n'.repeat(1000)}${' '.repeat(size)}]]`)).toHaveLength(1)
  })
})
