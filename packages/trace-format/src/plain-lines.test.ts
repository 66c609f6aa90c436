import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainText } from './line.ts'
import { TraceParser } from './parser.ts'
import { MOST_PLAIN_BYTES, plainLines } from './plain-lines.ts'

const ESC = '\u001b'
const STAMP = '2024-05-14T11:43:19.997683Z 01O'
const OTHER = STAMP.replace('01O', '01E')
const parsed = (stored: string): string => {
  const parser = new TraceParser()
  const lines = parser.push(stored)
  lines.push(...parser.end())
  // Lines that continue behind other lines are left to the parser, so there is no change to make.
  return lines.map(plainText).join('\n')
}

const part = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    '\r',
    '\r\r',
    '\n',
    's',
    'section_',
    `${ESC}[31m`,
    `${ESC}[0;1m`,
    `${ESC}[K`,
    `${ESC}[`,
    ESC,
    '\u2028',
  ),
  fc.constantFrom(`\n${STAMP} `, `\n${STAMP}+`, `${STAMP}+`, `\n${OTHER} `, `\n${OTHER}+`, '[0m', '31m', 'ü', '\ufeff'),
)
const texts = fc.array(part, { maxLength: 24 }).map((parts) => parts.join(''))

describe('the plain text of many lines at once', () => {
  it.each([
    ['without time stamps', 'x', false],
    ['with time stamps', `${STAMP} x`, true],
  ])('is what the parser returns, or is left to the parser: %s', (_, first, stamped) => {
    let told = 0
    fc.assert(
      fc.property(texts, (text) => {
        // The first line decides about time stamps; it has text so that a line is there.
        const stored = `${first}${text}`
        const found = plainLines(stored, stamped)
        if (found === null) return
        told += 1
        expect(found).toBe(parsed(stored))
      }),
      { numRuns: 5_000 },
    )
    expect(told).toBeGreaterThan(500)
  })

  it('removes colours, terminal line ends and stamps', () => {
    expect(plainLines(`${ESC}[32mone${ESC}[0m\r\n\ntwo\n`, false)).toBe('one\n\ntwo')
    expect(plainLines(`${STAMP} on\n${STAMP}+e\n${STAMP} two\n`, true)).toBe('one\ntwo')
  })

  it('leaves lines that continue behind other streams to the parser', () => {
    expect(plainLines(`${STAMP} a\n${OTHER} b\n${STAMP}+c\n`, true)).toBe(null)
    expect(plainLines(`${STAMP} a\nnone\n${STAMP}+c\n`, true)).toBe(null)
    expect(plainLines(`${STAMP} a\n${STAMP}+c\n${OTHER} b\n`, true)).toBe('ac\nb')
  })

  it('takes no longer for many carriage returns', () => {
    const start = process.threadCpuUsage()
    expect(plainLines(`${'\r'.repeat(MOST_PLAIN_BYTES)}x`, false)).toBe(null)
    expect(process.threadCpuUsage(start).user).toBeLessThan(1_000_000)
  })

  it.each(['10 %\r90 %\n', 'section_start:1:a\r\u001b[0Kx\n', `${ESC}]0;title\u0007x\n`])(
    'leaves %j to the parser',
    (text) => {
      expect(plainLines(text, false)).toBe(null)
    },
  )
})
