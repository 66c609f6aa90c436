import { pipeline, Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { err, ok, type Result } from '@yardmaster/common'
import type { ArtifactInvalid, ArtifactNotFound } from '../../errors.ts'
import type { ObjectStore } from '../../ports.ts'
import { readRange, scanZip, type ZipObject } from './zip-directory.ts'
import type { ZipEntry } from './zip-entry.ts'

const LOCAL_SIGNATURE = 0x04034b50
const LOCAL_BYTES = 30
const STORED = 0
const DEFLATED = 8
/** Bytes that are unpacked before the first one is returned: a smaller file is known to be intact by then. */
const HELD_BYTES = 1_048_576
/** The most bytes that one deflated byte can produce (zlib's own figure is 1032): a larger announcement is false. */
const MOST_PER_BYTE = 1_040

/** The content does not match what the archive announces. The message is a sentence. */
export class DamagedFile extends Error {}

/**
 * Opens one file of a zip: returns its announced size and its bytes, which are read on demand. They never exceed the
 * announced size, and the last of them are returned only once all are known to be intact; otherwise they end in
 * `DamagedFile`.
 *
 * @param path - exactly as in the zip; the last of equal ones counts.
 * @returns `artifact_invalid` when it is encrypted, compressed by an unknown method, or announces something impossible.
 * @see `docs/protocol/artifacts.md 7.1`
 */
export async function openZippedFile(
  objects: Pick<ObjectStore, 'get'>,
  zip: ZipObject,
  path: string,
): Promise<
  Result<{ readonly size: number; readonly body: AsyncIterable<Uint8Array> }, ArtifactNotFound | ArtifactInvalid>
> {
  let found: ZipEntry | null = null
  const scanned = await scanZip(objects, zip, (entry) => {
    if (entry.path === path) found = entry
  })
  const entry = found as ZipEntry | null
  if (scanned !== 'complete' || !entry || path.endsWith('/')) return err({ kind: 'artifact_not_found' })
  if (entry.encrypted) return invalid('The file is encrypted.')
  if (entry.method !== STORED && entry.method !== DEFLATED)
    return invalid('The file is compressed by an unknown method.')

  const start = await dataStart(objects, zip, entry)
  const end = (start ?? 0) + entry.zippedSize
  const most = entry.method === STORED ? entry.zippedSize : entry.zippedSize * MOST_PER_BYTE
  if (start === null) return invalid('The archive is damaged: the file is not where it should be.')
  if (end > zip.size) return invalid('The archive is damaged: the file reaches beyond its end.')
  if (entry.size > most) return invalid('The file is damaged: it announces more bytes than it can hold.')
  return ok({ size: entry.size, body: unzipped(objects, zip.key, { start, end }, entry) })
}

const invalid = (reason: string): { ok: false; error: ArtifactInvalid } => err({ kind: 'artifact_invalid', reason })

/** The local header repeats the name and has extra fields of its own length. */
async function dataStart(
  objects: Pick<ObjectStore, 'get'>,
  { key, size }: ZipObject,
  { offset }: ZipEntry,
): Promise<number | null> {
  if (offset + LOCAL_BYTES > size) return null
  const header = await readRange(objects, key, offset, offset + LOCAL_BYTES)
  if (header.length < LOCAL_BYTES || header.readUInt32LE(0) !== LOCAL_SIGNATURE) return null
  return offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28)
}

async function* unzipped(
  objects: Pick<ObjectStore, 'get'>,
  key: string,
  range: { start: number; end: number },
  { method, size, crc }: ZipEntry,
): AsyncGenerator<Uint8Array> {
  const zipped = await objects.get(key, range)
  if (!zipped) throw new Error('the archive was deleted')
  let sum = 0
  let total = 0
  // The last chunk is always held back: a receiver that got the announced length would consider the file complete.
  const held: Uint8Array[] = []
  for await (const chunk of method === STORED ? zipped : inflate(zipped)) {
    total += chunk.length
    if (total > size) throw new DamagedFile(`The file is damaged: it is longer than the ${size} bytes it announces.`)
    sum = crc32(chunk, sum)
    if (total > HELD_BYTES) yield* held.splice(0)
    // Copied, because its memory may be reused once the next chunk is requested.
    held.push(Uint8Array.from(chunk))
  }
  if (total < size) throw new DamagedFile(`The file is damaged: it ends after ${total} of ${size} bytes.`)
  if (sum !== crc) throw new DamagedFile('The file is damaged: its checksum does not match.')
  yield* held
}

async function* inflate(deflated: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pipeline(Readable.from(deflated), createInflateRaw(), () => {})
  } catch (error) {
    // Zlib's errors have codes beginning with `Z_`; those of the object store don't.
    const isZlib = error instanceof Error && 'code' in error && /^Z_/.test(String(error.code))
    throw isZlib ? new DamagedFile('The file is damaged: it can’t be unpacked.', { cause: error }) : error
  }
}
