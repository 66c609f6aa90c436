import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  /** The name as stored in the archive; directories end in `/`. */
  readonly name: string | Uint8Array
  readonly bytes?: string | Uint8Array
  /** Stores the bytes uncompressed; otherwise they are deflated. */
  readonly stored?: boolean
  /** Permission bits. */
  readonly mode?: number
  /** False values to write into the directory. */
  readonly claims?: { readonly size?: number; readonly zipped?: number; readonly crc?: number }
}

/** Bit 11: names are UTF-8. */
const FLAGS = 0x0800
/** 2023-11-14 22:13:20 in the format of DOS. */
const TIME = 0xb1aa
const DATE = 0x576e

/** Builds a zip archive as small tools do: sizes in the local headers, no Zip64. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes = '', stored = false, mode = 0o644, claims = {} } of entries) {
    const content = Buffer.from(bytes as string)
    const data = stored ? content : deflateRawSync(content)
    const { size = content.length, zipped = data.length, crc = crc32(content) } = claims
    const named = Buffer.from(name as string)
    const common = commonFields({ stored, crc, zipped, size, nameLength: named.length })
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    // Created on Unix, so the upper half of the attributes is a mode.
    central.writeUInt16LE(0x0314, 4)
    common.copy(central, 6)
    central.writeUInt32LE(((named.at(-1) === 0x2f ? 0o040000 : 0o100000) | mode) * 0x10000, 38)
    central.writeUInt32LE(at, 42)
    directory.push(central, named)
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, named, data])
    files.push(local)
    at += local.length
  }
  const listing = Buffer.concat(directory)
  return Buffer.concat([...files, listing, endRecord(entries.length, listing.length, at)])
}

/** Writes the fields that local headers and the directory have in common. */
function commonFields(entry: { stored: boolean; crc: number; zipped: number; size: number; nameLength: number }) {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(FLAGS, 2)
  fields.writeUInt16LE(entry.stored ? 0 : 8, 4)
  fields.writeUInt16LE(TIME, 6)
  fields.writeUInt16LE(DATE, 8)
  fields.writeUInt32LE(entry.crc, 10)
  fields.writeUInt32LE(entry.zipped, 14)
  fields.writeUInt32LE(entry.size, 18)
  fields.writeUInt16LE(entry.nameLength, 22)
  return fields
}

function endRecord(entries: number, listingBytes: number, listingAt: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  // The lower half of a larger number, as written by tools without Zip64.
  end.writeUInt16LE(entries % 0x1_0000, 8)
  end.writeUInt16LE(entries % 0x1_0000, 10)
  end.writeUInt32LE(listingBytes, 12)
  end.writeUInt32LE(listingAt, 16)
  return end
}
