import { describe, expect, it } from 'vitest'
import { Failure } from '../failure.ts'
import { FLUSH, pktLine, pktLines } from './pkt-lines.ts'
import { checkReport } from './push-run.ts'

const REF = 'refs/runs/one'

const answer = (...lines: readonly string[]): Buffer => {
  const report = Buffer.concat([...lines.map((line) => pktLine(`${line}\n`)), FLUSH])
  return Buffer.concat([pktLine(`\u0001${report.toString('latin1')}`), pktLine('\u0002text for people'), FLUSH])
}

const reasonOf = (bytes: Buffer): string | null => {
  try {
    checkReport(bytes, REF)
    return null
  } catch (error) {
    if (error instanceof Failure) return error.message
    throw error
  }
}

describe('what came of a push', () => {
  it('is fine, or has a reason', () => {
    expect(reasonOf(answer('unpack ok', `ok ${REF}`))).toBeNull()
    expect(reasonOf(answer('unpack ok', `ng ${REF} it is changed twice`))).toBe(
      'The server did not take the working tree: it is changed twice.',
    )
    expect(reasonOf(answer('unpack too\u001b[31m large', `ng ${REF} unpacker error`))).toBe(
      'The server did not take the working tree: too\uFFFD[31m large.',
    )
    expect(reasonOf(answer('unpack ok', 'ok refs/runs/another'))).toContain('not one of Yardmaster')
  })

  it('is refused when it is cut anywhere', () => {
    const whole = answer('unpack ok', `ok ${REF}`)
    const end = whole.length - FLUSH.length - pktLine('\u0002text for people').length
    for (let length = 0; length < end; length++) expect(reasonOf(whole.subarray(0, length))).not.toBeNull()
  })
})

describe('lines of git’s protocol', () => {
  it('are what was framed', () => {
    const texts = ['', 'a', 'ünï', 'x'.repeat(65_000)]
    const bytes = Buffer.concat([...texts.map(pktLine), FLUSH])
    expect(pktLines(bytes).map((line) => line?.toString('utf8') ?? null)).toEqual([...texts, null])
  })

  it.each(['0003', '0001x', 'zzzz', '-001', '00', '0009abc', '+005a'])('are not %s', (text) => {
    expect(() => pktLines(Buffer.from(text))).toThrow(Failure)
  })
})
