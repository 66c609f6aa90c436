import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandVariables } from './expand-variables.ts'

const braced = (name: string): string => `\${${name}}`

/** Returns the expanded values by key; `KEY!` marks a raw variable, `KEY@` a file. */
function expanded(values: Record<string, string>): Record<string, string> {
  const variables = Object.entries(values).map(([name, value]) => ({
    key: name.replace(/[!@]$/, ''),
    value,
    raw: name.endsWith('!'),
    file: name.endsWith('@'),
  }))
  return Object.fromEntries(expandVariables(variables).map(({ key, value }) => [key, value]))
}

describe('expandVariables', () => {
  it.each(['$A', braced('A'), '%A%'])('replaces %s', (reference) => {
    expect(expanded({ A: 'a', B: `<${reference}>` })).toMatchObject({ B: '<a>' })
  })

  it('follows references through several variables in any order', () => {
    expect(expanded({ C: '$B$A', A: '1', B: `${braced('A')}2` })).toEqual({ C: '121', A: '1', B: '12' })
  })

  it.each([
    ['an unknown name', `$UNKNOWN ${braced('UNKNOWN')} %UNKNOWN%`],
    ['a doubled sign', '$$A %%A%%'],
    ['a reference to a raw variable', '$RAW'],
    ['a reference to a file variable', `$FILE ${braced('FILE')}`],
    ['text that is not a reference', `$ ${braced('')} ${braced('A $1')} 100% %A ${braced('A-B')} \${A`],
  ])('keeps %s', (_, value) => {
    expect(expanded({ A: 'a', 'RAW!': 'r', 'FILE@': 'f', B: value }).B).toBe(value)
  })

  it('keeps a raw variable as it is', () => {
    expect(expanded({ A: 'a', 'B!': '$A' }).B).toBe('$A')
  })

  it('expands the content of a file variable', () => {
    expect(expanded({ A: 'a', 'B@': '$A' }).B).toBe('a')
  })

  it('keeps circles and references into them, and expands the rest', () => {
    expect(expanded({ A: '$B', B: '$C', C: '$A', SELF: '$SELF', OUT: '$A$X', X: 'x' })).toEqual({
      A: '$B',
      B: '$C',
      C: '$A',
      SELF: '$SELF',
      OUT: '$Ax',
      X: 'x',
    })
  })

  it('takes the last of several variables with one key', () => {
    const variables = [
      { key: 'A', value: 'first' },
      { key: 'B', value: '$A' },
      { key: 'A', value: 'last' },
    ]
    expect(expandVariables(variables).map(({ value }) => value)).toEqual(['first', 'last', 'last'])
  })

  it('keeps the flags of the referring variable', () => {
    const variables = [
      { key: 'SECRET', value: 's', masked: true, public: false },
      { key: 'OPEN', value: '$SECRET', masked: false, public: true },
    ]
    expect(expandVariables(variables)[1]).toEqual({ key: 'OPEN', value: 's', masked: false, public: true })
  })

  it('does not expand inserted text again', () => {
    expect(expanded({ A: '$', B: `${braced('A')}B`, C: '$B' })).toMatchObject({ B: '$B', C: '$B' })
  })

  it('bounds values that double each other', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `V${index}`,
        index === 0 ? 'x'.repeat(100) : `$V${index - 1}`.repeat(2),
      ]),
    )
    const values = Object.values(expanded(doubling))
    expect(values.reduce((sum, value) => sum + value.length, 0)).toBeLessThan(3 * 1024 * 1024)
    expect(values[59]).toBe('$V58$V58')
  })

  it('expands a chain of many thousand variables in time', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`V${index}`, index === 19_999 ? 'end' : `$V${index + 1}`]),
    )
    const start = process.threadCpuUsage()
    expect(expanded(chain).V0).toBe('end')
    expect(process.threadCpuUsage(start).user).toBeLessThan(5_000_000)
  })

  it.each(['$', '${', '%', '%A', '$A', '${A'])('takes linear time for a long run of %j', (piece) => {
    const start = process.threadCpuUsage()
    expanded({ A: 'a', B: piece.repeat(200_000) })
    expect(process.threadCpuUsage(start).user).toBeLessThan(5_000_000)
  })

  it('never throws, and keeps keys and order', () => {
    const key = fc.constantFrom('A', 'B', 'C')
    const value = fc
      .array(fc.constantFrom('$A', braced('B'), '%C%', '$$', 'x', '$', '%'))
      .map((parts) => parts.join(''))
    const variable = fc.record({ key, value, raw: fc.boolean(), file: fc.boolean() })
    fc.assert(
      fc.property(fc.array(variable), (variables) => {
        expect(expandVariables(variables).map(({ key }) => key)).toEqual(variables.map(({ key }) => key))
      }),
    )
  })
})
