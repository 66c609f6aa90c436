import { crc32, deflateRawSync } from 'node:zlib'
import type { ObjectStore } from '../ports.ts'

export interface TestEntry {
  readonly path: string | Uint8Array
  readonly content?: string | Uint8Array
  readonly method?: number
  /** Including the bits for the file's type. */
  readonly mode?: number
  /** Unix seconds, in an extra field. */
  readonly modified?: number
  readonly comment?: string
  readonly encrypted?: boolean
  /** As runners write zips: sizes follow the data. */
  readonly streamed?: boolean
  /** Puts sizes and offset into an extra field. */
  readonly zip64?: boolean
  /** False values to put into the directory. */
  readonly claims?: Partial<Record<'size' | 'zippedSize' | 'crc' | 'offset', number>>
}

export interface TestZip {
  readonly comment?: string | Uint8Array
  /** Bytes before the zip, as in a self-extracting program. */
  readonly prefix?: Uint8Array
  readonly zip64?: boolean
  /** False values to put into the end record. */
  readonly claims?: Partial<Record<'entries' | 'bytes' | 'offset', number>>
}

/** The DOS form of 2023-11-14 22:13:20, that is 1700000000. */
const DOS_TIME = 0xb1aa
const DOS_DATE = 0x576e
const FULL = 0xffffffff

/** Builds a zip archive, valid or invalid as requested. */
export function zipOf(
  entries: readonly TestEntry[],
  { comment = '', prefix, zip64, claims = {} }: TestZip = {},
): Buffer {
  const files: Buffer[] = []
  const records: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { file, record } = writeEntry(entry, offset)
    files.push(file)
    records.push(record)
    offset += file.length
  }
  const directory = Buffer.concat(records)
  const end = { entries: entries.length, bytes: directory.length, offset, ...claims }
  return Buffer.concat([
    prefix ?? Buffer.alloc(0),
    ...files,
    directory,
    ...(zip64 ? end64(end, offset + directory.length) : []),
    packed([4, 0x06054b50], [2, 0], [2, 0], [2, zip64 ? 0xffff : end.entries & 0xffff]),
    packed([2, zip64 ? 0xffff : end.entries & 0xffff], [4, zip64 ? FULL : end.bytes], [4, zip64 ? FULL : end.offset]),
    packed([2, comment.length]),
    Buffer.from(comment),
  ])
}

function end64(end: Record<'entries' | 'bytes' | 'offset', number>, position: number): Buffer[] {
  return [
    packed([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, end.entries], [8, end.entries]),
    packed([8, end.bytes], [8, end.offset]),
    packed([4, 0x07064b50], [4, 0], [8, position], [4, 1]),
  ]
}

function writeEntry(entry: TestEntry, at: number): { file: Buffer; record: Buffer } {
  const { method = 8, mode = 0o100644, modified, comment = '', encrypted, streamed, zip64, claims = {} } = entry
  const path = Buffer.from(entry.path)
  const content = Buffer.from(entry.content ?? '')
  const data = method === 8 ? deflateRawSync(content) : content
  const truth = { size: content.length, zippedSize: data.length, crc: crc32(content), offset: at }
  const said = { ...truth, ...claims }
  const flags = 0x0800 | (encrypted ? 1 : 0) | (streamed ? 8 : 0)
  const time = modified === undefined ? [] : [packed([2, 0x5455], [2, 5], [1, 1], [4, modified])]
  const sizes64 = [packed([2, 1], [2, 24], [8, said.size], [8, said.zippedSize], [8, said.offset])]
  const extra = Buffer.concat([...time, ...(zip64 ? sizes64 : [])])
  const told = streamed ? { size: 0, zippedSize: 0, crc: 0 } : truth
  return {
    file: Buffer.concat([
      packed([4, 0x04034b50], [2, 20], [2, flags], [2, method], [2, DOS_TIME], [2, DOS_DATE]),
      packed([4, told.crc], [4, told.zippedSize], [4, told.size], [2, path.length], [2, 4]),
      path,
      // An extra field that is not in the directory.
      packed([2, 0x7777], [2, 0]),
      data,
      ...(streamed ? [packed([4, 0x08074b50], [4, truth.crc], [4, truth.zippedSize], [4, truth.size])] : []),
    ]),
    record: Buffer.concat([
      packed([4, 0x02014b50], [2, 0x0314], [2, 20], [2, flags], [2, method], [2, DOS_TIME], [2, DOS_DATE]),
      packed([4, said.crc], [4, zip64 ? FULL : said.zippedSize], [4, zip64 ? FULL : said.size]),
      packed([2, path.length], [2, extra.length], [2, comment.length], [2, 0], [2, 0]),
      packed([4, mode * 0x10000], [4, zip64 ? FULL : said.offset]),
      path,
      extra,
      Buffer.from(comment),
    ]),
  }
}

/** Packs little-endian numbers of the given lengths in bytes. */
function packed(...fields: [bytes: 1 | 2 | 4 | 8, value: number][]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(8)
      field.writeBigUInt64LE(BigInt(value))
      return field.subarray(0, bytes)
    }),
  )
}

/** Returns a store with one object, which it serves in pieces; `asked` counts the requested bytes. */
export function objectsWith(
  key: string,
  bytes: Uint8Array,
  pieceBytes = 65_536,
): Pick<ObjectStore, 'get'> & { asked: number } {
  const store = {
    asked: 0,
    async get(wanted: string, { start = 0, end = bytes.length }: { start?: number; end?: number } = {}) {
      if (wanted !== key) return null
      const part = bytes.subarray(start, end)
      store.asked += part.length
      return inPieces(part, pieceBytes)
    },
  }
  return store
}

export async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
