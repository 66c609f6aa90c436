import { crc32, inflateRaw } from 'node:zlib'

const TEXT_HEADER_CRC = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

/**
 * Returns the content of each member of a gzip file: a runner writes one member per file of a report, and zlib itself
 * would return them as one.
 *
 * @param limit - bytes that all members together may unpack to; a few kilobytes can be made to unpack to gigabytes.
 * @see `docs/protocol/artifacts.md 5`; RFC 1952
 */
export async function readMembers(bytes: Uint8Array, limit: number): Promise<Buffer[] | 'damaged' | 'too_large'> {
  const members: Buffer[] = []
  let left = limit
  let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  do {
    const member = await readMember(rest, left)
    if (typeof member === 'string') return member
    members.push(member.content)
    left -= member.content.length
    rest = rest.subarray(member.length)
    // Some tools pad the file with zeros.
  } while (rest.some((byte) => byte !== 0))
  return members
}

async function readMember(
  bytes: Buffer,
  limit: number,
): Promise<{ content: Buffer; length: number } | 'damaged' | 'too_large'> {
  const start = headerLength(bytes)
  if (start === null) return 'damaged'
  const inflated = await inflate(bytes.subarray(start), limit)
  if (typeof inflated === 'string') return inflated
  const { content, consumed } = inflated
  const end = start + consumed
  if (end + 8 > bytes.length) return 'damaged'
  const isWhole = bytes.readUInt32LE(end) === crc32(content) && bytes.readUInt32LE(end + 4) === content.length
  return isWhole ? { content, length: end + 8 } : 'damaged'
}

/** Runs on a thread of zlib: a report may have thousands of members, and each takes time. */
function inflate(
  bytes: Buffer,
  limit: number,
): Promise<{ content: Buffer; consumed: number } | 'damaged' | 'too_large'> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof inflate>>>()
  inflateRaw(bytes, { info: true, maxOutputLength: Math.max(limit, 1) }, (error, result) => {
    if (error) return resolve(error instanceof RangeError ? 'too_large' : 'damaged')
    // With `info`, the result tells where the member ends. The types do not cover that.
    const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    resolve(buffer.length > limit ? 'too_large' : { content: buffer, consumed: engine.bytesWritten })
  })
  return promise
}

/** Returns the number of bytes before the compressed data, or null if this is not gzip. */
export function headerLength(bytes: Buffer): number | null {
  if (bytes.length < 18 || bytes.readUInt16BE(0) !== 0x1f8b || bytes[2] !== 8) return null
  const flags = bytes[3] ?? 0
  let at = 10
  if (flags & EXTRA) {
    if (at + 2 > bytes.length) return null
    at += 2 + bytes.readUInt16LE(at)
  }
  for (const text of [NAME, COMMENT]) {
    if (!(flags & text)) continue
    const end = bytes.indexOf(0, at)
    if (end === -1) return null
    at = end + 1
  }
  if (flags & TEXT_HEADER_CRC) at += 2
  return at < bytes.length ? at : null
}
