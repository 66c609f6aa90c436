/** The facts about an entry in a zip's central directory. */
export interface ZipEntry {
  /** As stored: it may be absolute, contain `..`, or occur twice. Directories end in `/`. */
  readonly path: string
  /** In bytes. */
  readonly size: number
  /** Its size in the archive, in bytes. */
  readonly zippedSize: number
  readonly crc: number
  /** Unix seconds; 0 when unknown. */
  readonly modified: number
  /** Permission bits; 0 when unknown. */
  readonly mode: number
  readonly comment: string
  /** 0 for stored, 8 for deflated. */
  readonly method: number
  readonly encrypted: boolean
  /** The offset of its local header from the start of the zip. */
  readonly offset: number
}

const SIGNATURE = 0x02014b50
const FIXED_BYTES = 46
const UNKNOWN = 0xffffffff

const ENCRYPTED = 1
const ZIP64_EXTRA = 0x0001
const TIME_EXTRA = 0x5455
const OLD_UNIX_EXTRA = 0x5855

/**
 * Reads the directory record at `at`. Returns `short` when it continues after the buffer, and `none` when there is no
 * record or its numbers are impossible.
 */
export function readEntry(buffer: Buffer, at: number): { entry: ZipEntry; end: number } | 'short' | 'none' {
  if (at + 4 > buffer.length) return 'short'
  if (buffer.readUInt32LE(at) !== SIGNATURE) return 'none'
  if (at + FIXED_BYTES > buffer.length) return 'short'
  const nameEnd = at + FIXED_BYTES + buffer.readUInt16LE(at + 28)
  const extraEnd = nameEnd + buffer.readUInt16LE(at + 30)
  const end = extraEnd + buffer.readUInt16LE(at + 32)
  if (end > buffer.length) return 'short'

  const extras = readExtras(buffer.subarray(nameEnd, extraEnd))
  const sizes = readSizes(buffer, at, extras.get(ZIP64_EXTRA))
  if (!sizes.every(Number.isSafeInteger)) return 'none'
  const [size = 0, zippedSize = 0, offset = 0] = sizes
  const path = readText(buffer.subarray(at + FIXED_BYTES, nameEnd))
  return {
    end,
    entry: {
      path,
      size,
      zippedSize,
      crc: buffer.readUInt32LE(at + 16),
      modified: modifiedAt(buffer, at, extras),
      mode: permissions(buffer, at, path),
      comment: readText(buffer.subarray(extraEnd, end)),
      method: buffer.readUInt16LE(at + 10),
      encrypted: (buffer.readUInt16LE(at + 8) & ENCRYPTED) !== 0,
      offset,
    },
  }
}

/** Runners write UTF-8. Other names are decoded byte by byte, so that different names stay different. */
function readText(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? bytes.toString('latin1') : text
}

/** Returns extra fields by their number. A truncated one ends the list. */
function readExtras(extra: Buffer): Map<number, Buffer> {
  const extras = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (end > extra.length) break
    extras.set(extra.readUInt16LE(at), extra.subarray(at + 4, end))
    at = end
  }
  return extras
}

/** Returns size, zipped size and offset: Zip64 has, in this order, those that do not fit into the record itself. */
function readSizes(buffer: Buffer, at: number, zip64: Buffer | undefined): number[] {
  let next = 0
  return [at + 24, at + 20, at + 42].map((field) => {
    const value = buffer.readUInt32LE(field)
    if (value !== UNKNOWN || !zip64 || next + 8 > zip64.length) return value
    next += 8
    return Number(zip64.readBigUInt64LE(next - 8))
  })
}

function modifiedAt(buffer: Buffer, at: number, extras: ReadonlyMap<number, Buffer>): number {
  const time = extras.get(TIME_EXTRA)
  if (time && time.length >= 5 && (time[0] ?? 0) & 1) return Math.max(0, time.readInt32LE(1))
  const old = extras.get(OLD_UNIX_EXTRA)
  if (old && old.length >= 8) return Math.max(0, old.readInt32LE(4))
  return dosTime(buffer.readUInt16LE(at + 14), buffer.readUInt16LE(at + 12))
}

/**
 * DOS times have no time zone and are treated as UTC. Month and day count from 1, so zeros mean that there is no time.
 */
function dosTime(date: number, time: number): number {
  const month = (date >> 5) & 15
  const day = date & 31
  if (month === 0 || day === 0) return 0
  return Date.UTC(1980 + (date >> 9), month - 1, day, time >> 11, (time >> 5) & 63, (time & 31) * 2) / 1000
}

const UNIX = 3
const MAC = 19
const READ_ONLY = 1

function permissions(buffer: Buffer, at: number, path: string): number {
  const system = buffer.readUInt8(at + 5)
  const attributes = buffer.readUInt32LE(at + 38)
  if (system === UNIX || system === MAC) return (attributes >>> 16) & 0o777
  const all = path.endsWith('/') ? 0o777 : 0o666
  return attributes & READ_ONLY ? all & ~0o222 : all
}
