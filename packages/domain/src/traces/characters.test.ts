import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesIntoCharacter, unfinishedTail } from './characters.ts'

describe('cutting log bytes between characters', () => {
  it('decodes any text piece by piece to the same text, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 7 })),
        (text, cuts) => {
          const bytes = Buffer.from(text)
          let decoded = ''
          let at = 0
          let held = Buffer.alloc(0)
          for (let turn = 0; at < bytes.length; turn++) {
            const next = Buffer.concat([held, bytes.subarray(at, at + (cuts[turn % cuts.length] ?? 5))])
            at += next.length - held.length
            const length = next.length - unfinishedTail(next)
            decoded += next.toString('utf8', 0, length)
            held = next.subarray(length)
          }
          expect(decoded + held.toString('utf8')).toBe(bytes.toString('utf8'))
        },
      ),
    )
  })

  it('holds back at most three bytes of anything', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(unfinishedTail(bytes)).toBeLessThanOrEqual(3)
      }),
    )
  })

  it('does not hold back what can never become a character', () => {
    expect(unfinishedTail(Uint8Array.of(0x80, 0x80))).toBe(0)
    expect(unfinishedTail(Uint8Array.of(0xc0))).toBe(0)
    expect(unfinishedTail(Uint8Array.of(0xed, 0xa0))).toBe(0)
    expect(unfinishedTail(Uint8Array.of(0xff))).toBe(0)
  })

  it('finds the start of the character around a byte', () => {
    const bytes = Buffer.from('aé€🛹')
    const into = [...bytes.keys()].map((at) => bytesIntoCharacter(bytes, at))
    expect(into).toEqual([0, 0, 1, 0, 1, 2, 0, 1, 2, 3])
  })

  it('treats a stray continuation byte as a character of its own', () => {
    expect(bytesIntoCharacter(Uint8Array.of(0x61, 0x80, 0x80), 2)).toBe(0)
  })
})
