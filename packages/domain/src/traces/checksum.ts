import { crc32 } from 'node:zlib'
import { Slices } from '../slices.ts'

/** Bytes processed without a pause: less than a millisecond of work. */
const BYTES_AT_ONCE = 1_048_576

/** Returns the CRC-32 of bytes, computed in slices: a patch may be as large as a log. */
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

/** The IEEE polynomial with its bits reversed, as used by zlib, PNG and gitlab-runner. */
const POLYNOMIAL = 0xedb88320

type Matrix = Uint32Array

function times(matrix: Matrix, vector: number): number {
  let sum = 0
  for (let row = 0, rest = vector; rest !== 0; row++, rest >>>= 1) if (rest & 1) sum ^= matrix[row] ?? 0
  return sum >>> 0
}

const square = (matrix: Matrix): Matrix => matrix.map((row) => times(matrix, row))

/** The effect of one zero bit on a CRC, as a matrix over GF(2). */
const ONE_ZERO_BIT: Matrix = Uint32Array.from({ length: 32 }, (_, row) => (row === 0 ? POLYNOMIAL : 2 ** (row - 1)))

/** The effects of 1, 2, 4, 8 … zero bytes. No log reaches 2^47 bytes. */
const ZERO_BYTES: readonly Matrix[] = (() => {
  const powers = [square(square(square(ONE_ZERO_BIT)))]
  for (let power = 1; power < 48; power++) powers.push(square(powers[power - 1] as Matrix))
  return powers
})()

/**
 * Returns the CRC-32 of two joined byte sequences, computed from the CRC of each. Each piece is checksummed when it
 * arrives, so the whole log never has to be read again to compare it with what the runner reports.
 *
 * @param secondBytes - the length of the second sequence.
 */
export function combineCrc(first: number, second: number, secondBytes: number): number {
  let crc = first
  for (let power = 0, rest = secondBytes; rest > 0; power++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = times(ZERO_BYTES[power] as Matrix, crc)
  }
  return (crc ^ second) >>> 0
}

/** Parses leniently: the leading hex digits after the last `crc32:`; null if there are none. */
export function parseChecksum(text: string): number | null {
  const mark = text.lastIndexOf('crc32:')
  const digits = /^[0-9a-f]+/i.exec(mark === -1 ? text : text.slice(mark + 6))?.[0]
  return digits === undefined ? null : Number.parseInt(digits, 16)
}
