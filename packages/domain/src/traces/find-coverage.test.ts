import { describe, expect, it } from 'vitest'
import { memoryObjects } from '../testing/memory-objects.ts'
import { findCoverage } from './find-coverage.ts'

const ESC = String.fromCharCode(0x1b)
const PERCENT = '(\\d+(?:\\.\\d+)?)%'

/** Returns the coverage that a log of these parts states. */
async function coverageOf(log: string | readonly (string | Uint8Array)[], pattern = PERCENT): Promise<number | null> {
  await using objects = memoryObjects()
  const bytes = Buffer.concat([log].flat().map((part) => Buffer.from(part as string)))
  await objects.put('log', bytes)
  const pieces = [{ start: 0, end: bytes.length, key: 'log', crc: 0 }]
  const traces = { pieces: async () => ({ pieces, storedBytes: bytes.length, status: 'success' as const }) }
  return await findCoverage({ objects, traces: traces as never }, { jobId: 1, size: bytes.length, pattern })
}

describe('the coverage that a log states', () => {
  it('is that of the last line that matches', async () => {
    expect(await coverageOf('10%\n20%\n30% and 40%\nthe end 50\n')).toBe(40)
    expect(await coverageOf('10%')).toBe(10)
    expect(await coverageOf('')).toBeNull()
    expect(await coverageOf('\n\n\n')).toBeNull()
  })

  it('is that of an earlier line when the last match has no number', async () => {
    expect(await coverageOf('Coverage: 5\nCoverage: none, since 2024\n', 'Coverage: \\w+')).toBe(5)
  })

  it('is found between colours, markers, carriage returns and Windows line ends', async () => {
    expect(await coverageOf(`TOTAL ${ESC}[32;1m87${ESC}[0m.5%${ESC}[0K\r\n`, '^TOTAL (\\d+\\.\\d+)%$')).toBe(87.5)
    expect(await coverageOf('1%\r50%\r99%\n')).toBe(99)
    expect(await coverageOf(`section_start:1700000000:test\r${ESC}[0KCoverage 12\n`, '^Coverage \\d+')).toBe(12)
    expect(await coverageOf('a 7\nsection_end:1700000000:test\r\n', '\\d+')).toBe(7)
    expect(await coverageOf(`${ESC}[1m55\n`, `${ESC}\\[1m\\d+`)).toBe(1)
  })

  it('is found in lines with time stamps, also where a line was continued', async () => {
    const stamp = '2024-05-14T11:43:19.997683Z'
    expect(await coverageOf(`${stamp} 00O TOTAL 61%\n`, '^TOTAL (\\d+)%')).toBe(61)
    const log = [`${stamp} 01O Coverage: `, `${stamp} 01E warning 3%`, `${stamp} 01O+74`, `${stamp} 01O+%`].join('\n')
    expect(await coverageOf(log, 'Coverage: (\\d+)%')).toBe(74)
    expect(await coverageOf(`${stamp} 01O+74%\n`)).toBe(74)
  })

  it('is found wherever the log is cut into windows, in the middle of a character or a line as well', async () => {
    for (const before of [262_130, 262_140, 262_143, 262_144, 262_145, 524_288]) {
      expect(
        await coverageOf(['é'.repeat(before / 2), '\ncoverage: 33.5%\n', `${'x'.repeat(63)}\n`.repeat(4_095)]),
      ).toBe(33.5)
      expect(await coverageOf(['33.5%\n', 'é'.repeat(before)])).toBe(33.5)
    }
  })

  it('is found in a line of several megabytes', async () => {
    for (const at of [0, 1_048_570, 1_048_576, 2_000_000, 2_999_990]) {
      const line = 'x'.repeat(3_000_000)
      expect(await coverageOf(`1%\n${line.slice(0, at)}33.5%${line.slice(at)}`)).toBe(33.5)
    }
  })

  it('is null for bytes that are no text, and for an expression that is not valid', async () => {
    expect(await coverageOf([Uint8Array.from({ length: 70_000 }, (_, at) => at * 7)], '(\\d+)%%%%')).toBeNull()
    expect(await coverageOf('5%', '(')).toBeNull()
  })

  it('is looked for in slices, whatever the expression', async () => {
    let turns = 0
    const count = setInterval(() => {
      turns += 1
    })
    await coverageOf('1'.repeat(1_500), '(?:(?:1.*)*(?:1.*)*z)?1')
    clearInterval(count)
    expect(turns).toBeGreaterThan(2)
  })
})
