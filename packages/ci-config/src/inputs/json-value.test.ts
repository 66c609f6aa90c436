import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Float, toJson } from '../yaml/tree.ts'
import { parseJson } from './json-value.ts'
import { HERE } from './testing.ts'

const parsed = (text: string) => parseJson(text, HERE)

describe('parseJson', () => {
  it('keeps numbers as they are written', () => {
    expect(parsed('1')).toBe(1)
    expect(String(parsed('1.0'))).toBe('1.0')
    expect(parsed('1.0')).toBeInstanceOf(Float)
    expect(parsed('12345678901234567890')).toBe(12345678901234567890n)
  })

  it('leaves digits in texts alone', () => {
    expect(parsed('"1.0 and 12345678901234567890"')).toBe('1.0 and 12345678901234567890')
  })

  it('returns nothing for what is not JSON, or nested too deeply', () => {
    expect(parsed('yes')).toBeUndefined()
    expect(parsed('')).toBeUndefined()
    expect(parsed('['.repeat(5000) + ']'.repeat(5000))).toBeUndefined()
  })

  it('reads what JSON writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!/\d{16}/.test(text))
        const read = parsed(text)
        expect(read === undefined ? undefined : toJson(read)).toEqual(JSON.parse(text))
      }),
    )
  })
})
