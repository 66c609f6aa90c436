import type { Response } from 'undici'

/** The longest text of a configuration is 2 MiB. One byte more shows that a file is longer. */
const MOST_BYTES = 2_097_152 + 1

/**
 * Returns the beginning of an answer, copied together because a chunk may be a single byte. The rest is not received.
 *
 * @param most - in bytes; by default a little more than a configuration may have.
 */
export async function readBeginning(response: Response, most = MOST_BYTES): Promise<Uint8Array> {
  if (!response.body) return new Uint8Array()
  const reader = response.body.getReader()
  let bytes = new Uint8Array(Math.min(most, 65_536))
  let length = 0
  while (length < most) {
    const { done, value } = await reader.read()
    if (done) return bytes.slice(0, length)
    const piece = value.subarray(0, most - length)
    if (length + piece.byteLength > bytes.byteLength) {
      const larger = new Uint8Array(Math.min(most, 2 * (length + piece.byteLength)))
      larger.set(bytes.subarray(0, length))
      bytes = larger
    }
    bytes.set(piece, length)
    length += piece.byteLength
  }
  await reader.cancel()
  return bytes
}
