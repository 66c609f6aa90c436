import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineCrc, crcOf, parseChecksum } from './checksum.ts'

describe('the checksum of a log', () => {
  it.each([
    ['', 'crc32:00000000'],
    ['abcd', 'crc32:ed82cd11'],
    ['BUILD TRACE', 'crc32:01588a60'],
    ['BUILD TRACE appended', 'crc32:4dada653'],
    ['hello world\n', 'crc32:af083b2d'],
  ])('of %j is what a runner reports as %s', async (log, reported) => {
    expect(await crcOf(Buffer.from(log))).toBe(parseChecksum(reported))
  })

  it.each([0, 1, 1_048_576, 1_048_577, 5_000_000])(
    'of %d bytes is the same when computed in slices',
    async (length) => {
      const bytes = Buffer.alloc(length, 'abcdefg')
      expect(await crcOf(bytes)).toBe(crc32(bytes))
    },
  )

  it('of two combined parts is that of the whole, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(), (bytes, at) => {
        const cut = bytes.length === 0 ? 0 : at % (bytes.length + 1)
        const combined = combineCrc(crc32(bytes.subarray(0, cut)), crc32(bytes.subarray(cut)), bytes.length - cut)
        expect(combined).toBe(crc32(bytes))
      }),
    )
  })

  it('of parts longer than 4 GiB takes their whole length into account', () => {
    expect(combineCrc(1, 0, 2 ** 33)).not.toBe(combineCrc(1, 0, 2 ** 32))
  })

  it.each([
    ['crc32:4dada653', 0x4dada653],
    ['4dada653', 0x4dada653],
    ['md5:x crc32:01 crc32:1588a60z', 0x1588a60],
    ['crc32:', null],
    ['nothing', null],
  ])('is parsed leniently: %j is %s', (text, expected) => {
    expect(parseChecksum(text)).toBe(expected)
  })
})
