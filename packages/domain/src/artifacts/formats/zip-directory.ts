import type { ObjectStore } from '../../ports.ts'
import { Slices } from '../../slices.ts'
import { readEntry, type ZipEntry } from './zip-entry.ts'

/** A zip in the object store, and its size in bytes. */
export interface ZipObject {
  readonly key: string
  readonly size: number
}

/**
 * A zip with more entries, or with a larger directory, is refused and not listed. The directory of half a million
 * entries with typical paths would be as large; a listing of that many would take hundreds of megabytes to sort.
 */
export const MOST_ENTRIES = 250_000
const DIRECTORY_BYTES = 67_108_864

const END_SIGNATURE = 0x06054b50
const END_BYTES = 22
const LONGEST_COMMENT = 0xffff
const LOCATOR_SIGNATURE = 0x07064b50
const LOCATOR_BYTES = 20
const END64_SIGNATURE = 0x06064b50
const END64_BYTES = 56
/** A comment may contain any number of sequences that look like the end of a zip: only this many are examined. */
const ENDS_TRIED = 4

type Reading = Pick<ObjectStore, 'get'>

/**
 * Visits every entry of a zip's central directory in order, and reads only the object's end and the directory. The
 * visited entries are valid only if the result is `complete`.
 *
 * @returns `not_a_zip` also for a zip that is truncated or whose directory does not match its end.
 */
export async function scanZip(
  objects: Reading,
  zip: ZipObject,
  visit: (entry: ZipEntry) => void,
): Promise<'complete' | 'too_large' | 'not_a_zip'> {
  const end = await findEnd(objects, zip)
  if (!end) return 'not_a_zip'
  if (end.entries > MOST_ENTRIES || end.bytes > DIRECTORY_BYTES) return 'too_large'

  const slices = new Slices()
  let rest: Buffer = Buffer.alloc(0)
  let entries = 0
  for await (const chunk of (await objects.get(zip.key, { start: end.start, end: end.start + end.bytes })) ?? []) {
    rest = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk])
    let at = 0
    for (let next = readEntry(rest, at); next !== 'short'; next = readEntry(rest, at)) {
      if (next === 'none') return 'not_a_zip'
      if (slices.due) await slices.next()
      at = next.end
      entries++
      if (entries > MOST_ENTRIES) return 'too_large'
      visit({ ...next.entry, offset: next.entry.offset + end.shift })
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) return 'not_a_zip'
  // The old end record counts in 16 bits, and writers without Zip64 let the count overflow.
  return (end.exact ? entries === end.entries : entries % 0x10000 === end.entries) ? 'complete' : 'not_a_zip'
}

interface End {
  readonly entries: number
  /** The count is exact, not just its lower 16 bits. */
  readonly exact: boolean
  /** The directory's size. */
  readonly bytes: number
  /** The directory's offset in the object. */
  readonly start: number
  /** Bytes before the zip begins, as in a self-extracting program. */
  readonly shift: number
}

async function findEnd(objects: Reading, { key, size }: ZipObject): Promise<End | null> {
  const tailStart = Math.max(0, size - LOCATOR_BYTES - END_BYTES - LONGEST_COMMENT)
  const tail = await readRange(objects, key, tailStart, size)
  let tried = 0
  for (let at = tail.length - END_BYTES; at >= 0 && tried < ENDS_TRIED; at--) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue
    if (at + END_BYTES + tail.readUInt16LE(at + 20) > tail.length) continue
    tried++
    const end = await readEnd(objects, key, tail, at, tailStart)
    if (end) return end
  }
  return null
}

/** Returns null unless everything it announces fits before it. */
async function readEnd(
  objects: Reading,
  key: string,
  tail: Buffer,
  at: number,
  tailStart: number,
): Promise<End | null> {
  const old = {
    entries: tail.readUInt16LE(at + 10),
    exact: false,
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
    position: tailStart + at,
  }
  const isFull = old.entries === 0xffff || old.bytes === 0xffffffff || old.offset === 0xffffffff
  const { entries, exact, bytes, offset, position } =
    (isFull && (await readEnd64(objects, key, tail, at, tailStart))) || old
  const start = position - bytes
  const shift = start - offset
  // A record takes at least 46 bytes.
  const isPossible = shift >= 0 && entries * 46 <= bytes && [entries, bytes, offset].every(Number.isSafeInteger)
  return isPossible ? { entries, exact, bytes, start, shift } : null
}

async function readEnd64(objects: Reading, key: string, tail: Buffer, at: number, tailStart: number) {
  const locator = at - LOCATOR_BYTES
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR_SIGNATURE) return null
  const position = Number(tail.readBigUInt64LE(locator + 8))
  if (position + END64_BYTES > tailStart + locator) return null
  const end = await readRange(objects, key, position, position + END64_BYTES)
  if (end.length < END64_BYTES || end.readUInt32LE(0) !== END64_SIGNATURE) return null
  return {
    entries: Number(end.readBigUInt64LE(32)),
    exact: true,
    bytes: Number(end.readBigUInt64LE(40)),
    offset: Number(end.readBigUInt64LE(48)),
    position,
  }
}

/** Returns fewer bytes when the object ends earlier, or is gone. */
export async function readRange(objects: Reading, key: string, start: number, end: number): Promise<Buffer> {
  const body = await objects.get(key, { start, end })
  return body ? Buffer.concat(await Array.fromAsync(body)) : Buffer.alloc(0)
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
