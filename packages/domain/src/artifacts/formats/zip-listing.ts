import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { Slices, sortInSlices } from '../../slices.ts'
import type { ZipEntry } from './zip-entry.ts'

/** An entry of a listing. A directory that the zip itself does not name has sizes of zero. */
export type ListedEntry = Omit<ZipEntry, 'method' | 'encrypted' | 'offset'>

const VERSION = 'GitLab Build Artifacts Metadata 0.0.2\n'
const KNOWN_VERSION = /^[A-Za-z ]+ \d+\.\d+\.\d+\s*$/
/** Approximate unpacked limit: a deep path can have an enormous number of parents. */
const LISTING_BYTES = 67_108_864
/** The size of an entry besides its path and comment. */
const ENTRY_BYTES = 100
/** Longer than the longest path and the longest comment with every character escaped. */
const LONGEST_STRING = 1_048_576
const PIECE_BYTES = 65_536

/**
 * Returns the entries of a zip for its listing: in bytewise order of their paths, each path once (the last of equal
 * names counts), with all parent directories. Returns null when they are too large.
 *
 * @see `docs/protocol/artifacts.md 7`
 */
export async function listEntries(entries: Iterable<ListedEntry>): Promise<ListedEntry[] | null> {
  const slices = new Slices()
  const listed = new Map<string, ListedEntry>()
  let bytes = 0
  for (const entry of entries) {
    if (slices.due) await slices.next()
    listed.set(mapKey(entry.path), entry)
  }
  for (const { path, comment } of listed.values()) bytes += path.length + comment.length + ENTRY_BYTES
  for (const { path } of [...listed.values()]) {
    if (slices.due) await slices.next()
    for (let end = path.lastIndexOf('/', path.length - 2); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end + 1)
      // The entry that added it also adds its parents.
      if (listed.has(mapKey(parent))) break
      listed.set(mapKey(parent), { path: parent, size: 0, zippedSize: 0, crc: 0, modified: 0, mode: 0, comment: '' })
      bytes += parent.length + ENTRY_BYTES
      if (bytes > LISTING_BYTES) return null
      if (slices.due) await slices.next()
    }
  }
  if (bytes > LISTING_BYTES) return null
  const keyed: { readonly key: SortKey; readonly entry: ListedEntry }[] = []
  for (const entry of listed.values()) {
    if (slices.due) await slices.next()
    keyed.push({ key: sortKey(entry.path), entry })
  }
  const sorted = await sortInSlices(keyed, (a, b) => compareKeys(a.key, b.key), slices)
  return sorted.map(({ entry }) => entry)
}

/**
 * Returns a path's key for a map. V8 hashes a string of more than 16,383 units by its length alone: a thousand strings
 * of the same length would all be compared with each other.
 */
const mapKey = (path: string): string =>
  path.length < LONGEST_HASHED ? path : `\0${createHash('sha256').update(path).digest('base64')}`

const LONGEST_HASHED = 8_192

/** Compares paths in the order of a listing: by their bytes in UTF-8. */
export const comparePaths = (a: string, b: string): number => compareKeys(sortKey(a), sortKey(b))

interface SortKey {
  /** Compares like the bytes of the path. The path itself might not: UTF-16 has another order. */
  readonly text: string
  /** Set for a long path, which is compared many times faster this way. */
  readonly bytes: Buffer | null
}

const LONG = 256

function sortKey(path: string): SortKey {
  const bytes = path.length >= LONG || HIGH.test(path) ? Buffer.from(path) : null
  return { text: bytes ? bytes.toString('latin1') : path, bytes: bytes && bytes.length >= LONG ? bytes : null }
}

function compareKeys(a: SortKey, b: SortKey): number {
  if (a.bytes && b.bytes) return Buffer.compare(a.bytes, b.bytes)
  return a.text < b.text ? -1 : a.text === b.text ? 0 : 1
}

const HIGH = /[^\0-\x7f]/

/** Returns a listing in its stored form, compressed with gzip. */
export const writeListing = (entries: Iterable<ListedEntry>): AsyncIterable<Uint8Array> =>
  pipeline(Readable.from(piecesOf(entries), { objectMode: false }), createGzip(), () => {})

async function* piecesOf(entries: Iterable<ListedEntry>): AsyncGenerator<Buffer> {
  const slices = new Slices()
  let strings = [prefixed(VERSION), prefixed('{}')]
  let bytes = 0
  for (const entry of entries) {
    if (slices.due) await slices.next()
    const pair = [prefixed(entry.path), prefixed(`${describe(entry)}\n`)]
    strings.push(...pair)
    for (const { length } of pair) bytes += length
    if (bytes < PIECE_BYTES) continue
    yield Buffer.concat(strings)
    strings = []
    bytes = 0
  }
  yield Buffer.concat(strings)
}

function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** The order of the keys is part of the format. */
const describe = ({ modified, mode, crc, size, zippedSize, comment }: ListedEntry): string =>
  JSON.stringify({
    ...(modified !== 0 && { modified }),
    ...(mode !== 0 && { mode: mode.toString(8) }),
    crc,
    size,
    zipped: zippedSize,
    ...(comment !== '' && { comment }),
  })

/**
 * Reads the entries of a stored listing, in order. Leaves out entries with broken JSON and those whose path could lead
 * out of the archive.
 *
 * @param wanted - selects paths; an unwanted entry costs a quarter of the time.
 * @throws when it is not a listing, or is truncated.
 */
export async function* readListing(
  gzip: AsyncIterable<Uint8Array>,
  wanted: (path: string) => boolean = () => true,
): AsyncGenerator<ListedEntry> {
  let index = 0
  let path = ''
  for await (const text of readStrings(pipeline(Readable.from(gzip), createGunzip(), () => {}))) {
    if (index === 0 && !KNOWN_VERSION.test(text)) break
    // The second string is an object of errors, always empty.
    if (index >= 2 && index % 2 === 0) path = text
    if (index >= 3 && index % 2 === 1 && wanted(path) && isPlainPath(path)) {
      const entry = parseEntry(path, text)
      if (entry) yield entry
    }
    index++
  }
  if (index === 0) throw new Error('not a listing of a zip')
}

async function* readStrings(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let at = 0
    while (at + 4 <= rest.length) {
      const length = rest.readUInt32BE(at)
      if (length > LONGEST_STRING) throw new Error('a string of the listing is too long')
      if (at + 4 + length > rest.length) break
      yield rest.toString('utf8', at + 4, at + 4 + length)
      at += 4 + length
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) throw new Error('the listing is cut short')
}

/** Returns whether a path is relative and has no empty, `.` or `..` segments. */
export const isPlainPath = (path: string): boolean =>
  !path.includes('\0') &&
  path
    .replace(/\/$/, '')
    .split('/')
    .every((segment) => segment !== '' && segment !== '.' && segment !== '..')

function parseEntry(path: string, json: string): ListedEntry | null {
  try {
    const { modified, mode, crc, size, zipped, comment } = JSON.parse(json)
    return {
      path,
      size: count(size),
      zippedSize: count(zipped),
      crc: count(crc),
      modified: count(modified),
      mode: typeof mode === 'string' && /^[0-7]{1,6}$/.test(mode) ? Number.parseInt(mode, 8) : 0,
      comment: typeof comment === 'string' ? comment : '',
    }
  } catch {
    return null
  }
}

const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0)
