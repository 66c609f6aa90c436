import { crc32 } from 'node:zlib'
import { Slices } from '../slices.ts'

/** Bytes that are checksummed at once: under a millisecond of work. */
const BYTES_AT_ONCE = 1_048_576

/** The CRC-32 of bytes, worked in slices: a patch may be as large as a log. */
export async function crcOf(bytes: Uint8Array): Promise<number> {
  if (bytes.length <= BYTES_AT_ONCE) return crc32(bytes)
  const slices = new Slices()
  let crc = 0
  for (let at = 0; at < bytes.length; at += BYTES_AT_ONCE) {
    if (slices.due) await slices.next()
    crc = crc32(bytes.subarray(at, at + BYTES_AT_ONCE), crc)
  }
  return crc
}

/** The IEEE polynomial, bits reversed: the one of zlib, PNG and gitlab-runner. */
const POLYNOMIAL = 0xedb88320

type Matrix = Uint32Array

function times(matrix: Matrix, vector: number): number {
  let sum = 0
  for (let row = 0, rest = vector; rest !== 0; row++, rest >>>= 1) if (rest & 1) sum ^= matrix[row] ?? 0
  return sum >>> 0
}

const square = (matrix: Matrix): Matrix => matrix.map((row) => times(matrix, row))

/** The effect on a CRC of one zero bit, as a matrix over GF(2). */
const ONE_ZERO_BIT: Matrix = Uint32Array.from({ length: 32 }, (_, row) => (row === 0 ? POLYNOMIAL : 2 ** (row - 1)))

/** Effects of 1, 2, 4, 8 … zero bytes. 2^47 bytes are more than any log has. */
const ZERO_BYTES: readonly Matrix[] = (() => {
  const powers = [square(square(square(ONE_ZERO_BIT)))]
  for (let power = 1; power < 48; power++) powers.push(square(powers[power - 1] as Matrix))
  return powers
})()

/**
 * CRC-32 of two byte runs put together, from the CRCs of each: pieces are checksummed when they arrive, and the whole
 * log never has to be read again to compare it with what the runner reports.
 *
 * @param secondBytes - length of the second run.
 */
export function combineCrc(first: number, second: number, secondBytes: number): number {
  let crc = first
  for (let power = 0, rest = secondBytes; rest > 0; power++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = times(ZERO_BYTES[power] as Matrix, crc)
  }
  return (crc ^ second) >>> 0
}

/** `crc32:` and eight lower-case hex digits (`docs/protocol/job-update.md 4.1`). */
export const checksumText = (crc: number): string => `crc32:${crc.toString(16).padStart(8, '0')}`

/** Reads leniently: what follows the last `crc32:`, its leading hex digits; null if there are none. */
export function parseChecksum(text: string): number | null {
  const mark = text.lastIndexOf('crc32:')
  const digits = /^[0-9a-f]+/i.exec(mark === -1 ? text : text.slice(mark + 6))?.[0]
  return digits === undefined ? null : Number.parseInt(digits, 16)
}
